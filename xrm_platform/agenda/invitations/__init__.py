"""Invitations of people outside the base, by mail (RFC 5546, RFC 6047), and what they answer."""

from .answering import Answers, AnswerTaken
from .listing import InvitationsShown
from .mailing import InvitationMails
from .noting import INVITE, Invitations
from .sending_again import SendingAgain

__all__ = ["INVITE", "AnswerTaken", "Answers", "InvitationMails", "Invitations", "InvitationsShown", "SendingAgain"]
