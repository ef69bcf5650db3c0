"""The filter line: free words and ``field:value``, for screens and exports alike."""
