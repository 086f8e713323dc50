www/page.php
