"""`python -m identity_service COMMAND`."""

from identity_service.main import SERVICE
from shared.service import main

if __name__ == "__main__":
    main(SERVICE)
