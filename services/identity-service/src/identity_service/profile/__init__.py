"""What people see and change of themselves."""
