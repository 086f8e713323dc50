www/blog/feed.php
