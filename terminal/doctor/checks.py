"""All checks of `uketsuke doctor`, in the order of the report."""

from terminal.doctor.clock import clock
from terminal.doctor.devices import camera, face_engine
from terminal.doctor.examination import DoctorCheck
from terminal.doctor.files import backlog, ledger, results_folder, state_folder
from terminal.doctor.line import service
from terminal.doctor.papers import certificates, trust_anchors
from terminal.doctor.readers import pcscd, reader
from terminal.doctor.staff import staff_page, staff_password
from terminal.doctor.voice import voice

_PCSCD = "`systemctl restart pcscd`."

CHECKS: tuple[DoctorCheck, ...] = (
    DoctorCheck("pcscd", pcscd, 5, _PCSCD),
    DoctorCheck("reader", reader, 5, _PCSCD),
    DoctorCheck("camera", camera, 20, "Plug it out and in; stop other programs that use it."),
    DoctorCheck("face engine", face_engine, 30, "The computer may be busy: look again."),
    DoctorCheck("service", service, 30, "Look at service.url and the network."),
    DoctorCheck("certificates", certificates, 5, "Are the files on a share that hangs?"),
    DoctorCheck("trust anchors", trust_anchors, 5, "Are the files on a share that hangs?"),
    DoctorCheck("state folder", state_folder, 5, "Is it on a share that hangs?"),
    DoctorCheck("results folder", results_folder, 10, "Is the share connected?"),
    DoctorCheck("ledger", ledger, 60, "A very long ledger: `uketsuke ledger verify` takes its time."),
    DoctorCheck("backlog", backlog, 15, "See ledger."),
    DoctorCheck("staff password", staff_password, 5, "Are the files on a share that hangs?"),
    DoctorCheck("staff's page", staff_page, 5, "Are the files on a share that hangs?"),
    DoctorCheck("voice", voice, 5, "Are the files on a share that hangs?"),
    DoctorCheck("clock", clock, 30, "Look at service.url and the network."),
)
