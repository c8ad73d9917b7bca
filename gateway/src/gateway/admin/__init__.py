"""The staff's pages: queues, tickets, people, figures."""
