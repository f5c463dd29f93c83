"""Set the password of a running guest's administrator, by the agent inside the guest.

    step            runs at
    set_password    the compute agent: which asks for the password, so that no operation holds it

Nothing is undone: a guest that did not take it has the one it had. The state begins with server_id and host.
"""

from cumulo.common.operations.step import Flow, Step, at_compute

FLOW = Flow(name="change_password", resource_type="server", steps=(Step("set_password", at_compute),))
