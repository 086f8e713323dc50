www/press.php
