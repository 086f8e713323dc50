www/blog/post.php
