shop/cart/index.php
