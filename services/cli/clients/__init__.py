"""The two services over HTTP and SSE, as the commands speak to them."""
