www/blog/index.php
