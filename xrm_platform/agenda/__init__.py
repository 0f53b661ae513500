"""The agenda: events of collaborators, when they take place, who may see and change them, reminders, files and feeds."""
