shop/index.php
