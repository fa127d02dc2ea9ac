"""Networks of other libraries, taken over as layers and arrays; none of those libraries is imported."""
