/* Put in front of the store's worker by the runner: nothing yet. */
