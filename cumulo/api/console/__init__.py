"""The console proxy: pages that show a server's console, and the websocket that it goes through."""
