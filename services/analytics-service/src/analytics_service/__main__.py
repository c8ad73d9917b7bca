"""`python -m analytics_service COMMAND`."""

from analytics_service.main import SERVICE
from shared.service import main

if __name__ == "__main__":
    main(SERVICE)
