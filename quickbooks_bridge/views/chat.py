"""Channels of Slack and Teams that are notified: added, tried, muted, removed; for admins."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from deals.notification_choices import TOPICS
from deals.viewer import Viewer, viewer_required
from quickbooks_bridge.models import ChatChannel
from quickbooks_bridge.services.operations.chat import channel_add, channel_mute, channel_remove, channel_try

# Nobody in a channel is assigned anything.
CHANNEL_TOPICS = {key: words for key, words in TOPICS.items() if key != "assigned"}


class ChannelForm(forms.Form):
    """The address of an incoming webhook."""

    address = forms.CharField(
        label=gettext_lazy("Address of the incoming webhook"),
        max_length=2000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "url"}),
        help_text=gettext_lazy(
            "It begins with https:// and is kept encrypted, for whoever has it can post there."
        ),
    )


def _page(request: HttpRequest, viewer: Viewer, form: ChannelForm, *, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "viewer": viewer,
        "form": form,
        "channels": ChatChannel.objects.filter(account=viewer.account).select_related("added_by"),
        "topics": CHANNEL_TOPICS,
        "time_zone": viewer.time_zone,
    }
    return render(request, "quickbooks/chat.html", context, status=status)


@viewer_required
def chat(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show the channels, and add one after a message was posted to it."""
    if not viewer.is_admin:
        raise Http404
    if request.method != "POST":
        return _page(request, viewer, ChannelForm())
    form = ChannelForm(request.POST)
    if form.is_valid():
        problem = channel_add(
            viewer.member, form.cleaned_data["address"].strip(), _muted(request), now=timezone.now()
        )
        if not problem:
            messages.success(request, _("Added: a first message stands in the channel."))
            return redirect("quickbooks:chat")
        form.add_error("address", _refusals()[problem])
    return _page(request, viewer, form, status=422)


def _refusals() -> dict[str, str]:
    return {
        "address": _(
            "This is no incoming webhook of Slack or Microsoft Teams. Make one there and copy its whole address."
        ),
        "many": _("Ten channels are the most. Remove one first."),
        "gone": _("Slack or Teams knows no such webhook, or has switched it off. Make a new one there."),
        "later": _("It did not take a message just now. Try again in a minute."),
    }


def _muted(request: HttpRequest) -> list[str]:
    """Return the topics that were not ticked."""
    return [key for key in CHANNEL_TOPICS if key not in request.POST.getlist("topics")]


@require_POST
@viewer_required
def chat_change(request: HttpRequest, viewer: Viewer, pk: int) -> HttpResponse:
    """Set a channel's topics, try it, or remove it."""
    if not viewer.is_admin:
        raise Http404
    channel = get_object_or_404(ChatChannel, account=viewer.account, pk=pk)
    what, now = request.POST.get("do", ""), timezone.now()
    if what == "remove":
        channel_remove(channel, by=viewer.member, now=now)
        messages.success(request, _("Removed. Nothing is posted there any more."))
    elif what == "try":
        if channel_try(channel, now=now):
            messages.success(request, _("A message stands in the channel."))
        else:
            messages.warning(request, _("It took no message. Look whether the webhook still exists there."))
    else:
        channel_mute(channel, _muted(request))
        messages.success(request, _("Saved."))
    return redirect("quickbooks:chat")
