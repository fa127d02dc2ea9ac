"""Does a training learn, why not, and which smallest change mends it."""
