"""`python -m ticket_service COMMAND`."""

from shared.service import main
from ticket_service.main import SERVICE

if __name__ == "__main__":
    main(SERVICE)
