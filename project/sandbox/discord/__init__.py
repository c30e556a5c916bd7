"""A strict Discord on loopback: REST v10, gateway, webhooks and CDN, as stock clients speak them."""
