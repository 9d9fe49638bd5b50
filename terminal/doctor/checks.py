"""The checks that `uketsuke doctor` runs, in report order."""

from terminal.doctor.clock import clock
from terminal.doctor.devices import camera, face_engine
from terminal.doctor.examination import DoctorCheck
from terminal.doctor.files import backlog, ledger, results_folder, state_folder
from terminal.doctor.readers import pcscd, reader
from terminal.doctor.service import service
from terminal.doctor.staff import staff_page, staff_password
from terminal.doctor.trust import certificates, trust_anchors
from terminal.doctor.voice import voice

_PCSCD = "`systemctl restart pcscd`."

CHECKS: tuple[DoctorCheck, ...] = (
    DoctorCheck("pcscd", pcscd, 5, _PCSCD),
    DoctorCheck("reader", reader, 5, _PCSCD),
    DoctorCheck("camera", camera, 20, "Reconnect the camera, and stop other programs that use it."),
    DoctorCheck("face engine", face_engine, 30, "The computer may be busy. Try again."),
    DoctorCheck("service", service, 30, "Check service.url and the network."),
    DoctorCheck("certificates", certificates, 5, "Check whether the network share with these files is responding."),
    DoctorCheck("trust anchors", trust_anchors, 5, "Check whether the network share with these files is responding."),
    DoctorCheck("state folder", state_folder, 5, "Check whether its network share is responding."),
    DoctorCheck("results folder", results_folder, 10, "Check whether the network share is connected."),
    DoctorCheck("ledger", ledger, 60, "The ledger may be very long. Run `uketsuke ledger verify` instead."),
    DoctorCheck("backlog", backlog, 15, "See the ledger check."),
    DoctorCheck("staff password", staff_password, 5, "Check whether the network share with these files is responding."),
    DoctorCheck("staff page", staff_page, 5, "Check whether the network share with these files is responding."),
    DoctorCheck("voice", voice, 5, "Check whether the network share with these files is responding."),
    DoctorCheck("clock", clock, 30, "Check service.url and the network."),
)
