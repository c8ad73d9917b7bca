"""`python -m notify_service COMMAND`."""

from notify_service.main import SERVICE
from shared.service import main

if __name__ == "__main__":
    main(SERVICE)
