"""`python -m gateway` serves the portal."""

from gateway.main import main

if __name__ == "__main__":
    main()
