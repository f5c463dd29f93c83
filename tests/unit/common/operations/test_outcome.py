"""What a row becomes: the table in the module's head, line by line."""

import dataclasses
import unittest

from cumulo.common.flows import FLOWS, step_under_cursor
from cumulo.common.operations.lease import Operation
from cumulo.common.operations.outcome import After, Result, after, as_columns, is_undo, past_nowhere

BUILD, DELETE = FLOWS["build_server"], FLOWS["delete_server"]
ROW = Operation(id="o", flow="build_server", phase="doing", cursor=1, epoch=3, tries=0, state={"a": 1}, cancel=False,
                error=None, deadline=1000.0, resource_type="server", resource_id="s", project_id="p", user_id="u",
                request_id="r")
SHUT = {"volume_host": "v", "connection": None}
DONE, RETRY, FAILED = Result("done", {"b": 2}), Result("retry", message="soon"), Result("failed", message="broke")


def become(result: Result, *, now: float = 100.0, **columns: object) -> After:
    row = dataclasses.replace(ROW, **columns)  # type: ignore[arg-type]
    flow = DELETE if row.flow == "delete_server" else BUILD
    return after(row, flow, result, undo=is_undo(row, flow), now=now, undo_deadline_s=50.0)


class OutcomeTest(unittest.TestCase):
    """Forwards, backwards, later, never."""

    def place(self, row: After) -> tuple[str, int]:
        return row.phase, row.cursor

    def test_done_goes_on_and_keeps_the_answer(self) -> None:
        row = become(DONE)
        self.assertEqual((self.place(row), row.state, row.due), (("doing", 2), {"a": 1, "b": 2}, 100.0))
        self.assertEqual(row.percent, 200 // 7)

    def test_what_runs_nowhere_is_stepped_over(self) -> None:
        for state, cursor in (
                ({"host": "h", "ports": ["p"]}, 1), ({"host": "h", "ports": []}, 5), ({"ports": []}, 6),
                ({"host": "h", "new_volumes": ["v"]}, 2), ({"host": "h", "volumes": [SHUT]}, 4)):
            row = past_nowhere(become(Result("done"), cursor=0, state=state), BUILD)
            self.assertEqual(("doing", cursor), self.place(row), state)
        finished = become(DONE, cursor=6)
        self.assertEqual(finished, past_nowhere(finished, BUILD))

    def test_what_repeats_stays_until_nothing_is_left(self) -> None:
        opened = {**SHUT, "connection": {"kind": "fake"}}
        for answer, cursor in (([opened, SHUT], 4), ([opened, opened], 5)):
            row = become(Result("done", {"volumes": answer}), cursor=4, state={"volumes": [SHUT, SHUT]})
            self.assertEqual(("doing", cursor), self.place(row))
        self.assertEqual(("undoing", 3), self.place(become(DONE, phase="undoing", cursor=4, state={"volumes": [SHUT]})))

    def test_last_step_done(self) -> None:
        row = become(DONE, cursor=6)
        self.assertEqual(row.phase, "done")
        self.assertEqual((as_columns(row, 7.0)["active_key"], as_columns(row, 7.0)["finished_at"]), (None, 7.0))

    def test_undone_goes_back(self) -> None:
        self.assertEqual(self.place(become(DONE, phase="undoing")), ("undoing", 0))
        self.assertEqual(become(DONE, phase="undoing", cursor=0).phase, "undone")

    def test_failed_step_is_undone_itself(self) -> None:
        row = become(FAILED, deadline=1.0)
        self.assertEqual((self.place(row), row.error, row.deadline), (("undoing", 1), "plug_ports: broke", 150.0))

    def test_retry_backs_off_up_to_a_quarter_of_a_minute(self) -> None:
        pauses = [become(RETRY, tries=tries).due - 100.0 for tries in range(8)]
        self.assertEqual(pauses, [1, 2, 4, 8, 15, 15, 15, 15])
        self.assertEqual(self.place(become(RETRY)), ("doing", 1))
        self.assertEqual(become(RETRY, tries=9999).tries, 10000)

    def test_retry_past_the_deadline_fails(self) -> None:
        row = become(RETRY, now=1000.0)
        self.assertEqual(row.phase, "undoing")
        self.assertEqual(row.error, "plug_ports: soon (the deadline has passed)")

    def test_failing_undo_is_tried_again_then_stuck(self) -> None:
        for result in (RETRY, FAILED):
            self.assertEqual(self.place(become(result, phase="undoing")), ("undoing", 1))
            row = become(result, phase="undoing", now=1000.0, error="boot: first")
            self.assertEqual(row.phase, "stuck")
            self.assertTrue(row.error and row.error.startswith("boot: first; undo of plug_ports: "))
            self.assertNotIn("active_key", as_columns(row, 1.0), "a stuck operation keeps its lock")

    def test_cancel_turns_round_with_a_deadline_of_its_own(self) -> None:
        row = become(DONE, cancel=True)
        self.assertEqual((self.place(row), row.deadline), (("undoing", 0), 150.0))

    def test_forward_only_never_turns(self) -> None:
        self.assertEqual(self.place(become(DONE, flow="delete_server", cancel=True)), ("doing", 1 + 1))
        self.assertEqual(self.place(become(FAILED, flow="delete_server")), ("doing", 1))
        self.assertEqual(become(FAILED, flow="delete_server", now=1000.0).phase, "stuck")
        self.assertEqual(become(FAILED, flow="delete_server", phase="undoing").phase, "doing", "after a revival")

    def test_name_under_the_cursor(self) -> None:
        self.assertEqual(step_under_cursor("build_server", 5), "boot")
        self.assertEqual((step_under_cursor("build_server", -1), step_under_cursor("build_server", 7)),
                         ("claim", "settle"))


if __name__ == "__main__":
    unittest.main()
