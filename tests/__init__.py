"""The tests: unit, integration, contract, e2e, faults, bench; fixtures and builders they share."""
