"""Images by the names that compute had for them: the image API's, until microversion 2.35; their metadata until 2.38."""
