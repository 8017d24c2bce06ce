"""The units as templates, to be filled by `schedule`, which quotes what it puts into them."""

SYSTEMD = """\
# Save this part as /etc/systemd/system/{name}.service
[Unit]
Description=Nightly import of calling campaigns
Wants=network-online.target
After=network-online.target
# any exit code but 0: somebody has to look
OnFailure=campaign-loader-failed@%n.service

[Service]
# not started again while it is still running; ended by a signal, it finishes its requests first
Type=oneshot
{root}User={user}
WorkingDirectory={working}
{settings}
ExecStart={command}
KillMode=mixed
TimeoutStopSec=5min
UMask=0077
# all that it writes to, everything else is read-only; a folder that is not there yet keeps the service from starting
ReadWritePaths={writes}
PrivateTmp={private_tmp}
{hardening}
# RestrictSUIDSGID= is left out: done and failed inherit the set-group-ID bit of their folder

# Save this part as /etc/systemd/system/campaign-loader-failed@.service, once for all folders.
# Have ExecStart= notify the people on duty; as it is, the system's log gets a line of level err.
[Unit]
Description=%i did not end well

[Service]
Type=oneshot
ExecStart=/bin/echo "%i did not end with 0; see: journalctl --unit=%i"
SyslogLevel=err
DynamicUser=yes
{hardening}

# Save this part as /etc/systemd/system/{name}.timer, then:
#   systemctl daemon-reload && systemctl enable --now {name}.timer
[Unit]
Description=Nightly import of calling campaigns, every day at {at} in {zone}

[Timer]
OnCalendar=*-*-* {at}:00 {zone}
# a night that the machine was off is caught up when it is on again
Persistent=true

[Install]
WantedBy=timers.target
"""

# what `systemd-analyze security` asks for, and the loader can do without
HARDENING = """\
ProtectSystem=strict
ProtectHome=read-only
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM"""

ROOT = """\
# root owns the whole machine, and without its capabilities, which are taken away here, it reads only what is its own:
# name a user that owns the folders below, or print this as that user
"""

CRON = """\
# Nightly import of calling campaigns, every day at {at} in {zone}. Add these lines at the end of `crontab -e`.
# cronie (Fedora, RHEL, SUSE, Arch) knows CRON_TZ, and applies it to all lines below it. The cron of Debian and Ubuntu
# does not: there {at} is in the time zone of the machine, so set that to {zone}, or change the time.
# While one import is running another one ends by itself, with 7. A night that the machine was off is not caught up:
# what was waiting is taken the next night.
{settings}
CRON_TZ={zone}
{minute} {hour} * * * {command}
"""

KUBERNETES = """\
# Nightly import of calling campaigns. Save as {name}.yaml, then: kubectl apply -f {name}.yaml
# It meets the pod security standard "restricted", and needs
# - an image in which this version is installed, {image};
#   templates/container/Containerfile makes one
# - a secret with the settings: kubectl create secret generic {secret} --from-env-file={env_file}
#   (kubectl keeps quotes as they are: write the values without them)
# Everything but the volumes is read-only: LOADER_OUTPUT and LOADER_JOURNAL, where they are set, are to lie in them.
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {name}
spec:
  schedule: "{minute} {hour} * * *"
  # from Kubernetes 1.27
  timeZone: {zone}
  concurrencyPolicy: Forbid
  # a night that was missed is still begun this many seconds later
  startingDeadlineSeconds: {late_seconds}
  successfulJobsHistoryLimit: 7
  failedJobsHistoryLimit: 7
  jobTemplate:
    spec:
      # what is left is taken the next night
      backoffLimit: 0
      template:
        spec:
          restartPolicy: Never
          automountServiceAccountToken: false
          # requests under way are finished first; after a kill, the next night finds out what became of them
          terminationGracePeriodSeconds: 300
          securityContext:
            runAsNonRoot: true
            # OpenShift gives each project its own: leave these three out there
            runAsUser: 10001
            runAsGroup: 10001
            fsGroup: 10001
            fsGroupChangePolicy: OnRootMismatch
            seccompProfile:
              type: RuntimeDefault
          containers:
            - name: campaign-loader
              image: {image}
              workingDir: {working}
              command: ["campaign-loader"]
              args: {arguments}
              envFrom:
                - secretRef:
                    name: {secret}
              securityContext:
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities:
                  drop: ["ALL"]
              resources:
                requests:
                  cpu: 250m
                  memory: 256Mi
                # a sheet of 100,000 rows fits
                limits:
                  memory: 1Gi
              volumeMounts:
{mounts}
                # workbooks while they are written
                - name: tmp
                  mountPath: /tmp
          volumes:
{volumes}
            - name: tmp
              emptyDir:
                sizeLimit: 1Gi
{claims}"""

CLAIM = """\
---
# {purpose}
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {name}
spec:
  accessModes: ["ReadWriteOnce"]
  resources:
    requests:
      storage: 5Gi
"""

WORK_CLAIM = """\
The working directory with the journal, which must outlive the night. A disk, such as a block volume: on a network
# file system (NFS, SMB) the locks of SQLite do not hold"""

OTHER_CLAIM = """\
ReadWriteMany instead, where pods on other nodes put workbooks there or read the status: here it may be a
# network file system"""

# no encoding is declared and all of it is ASCII: whatever shell writes it into a file, it can be read
WINDOWS = """\
<?xml version="1.0"?>
<!-- Save as {name}.xml, then: schtasks /create /tn {name} /xml {name}.xml
     The settings are read from .env in the working directory.
     It begins at {at} in {zone}, as far as that is from UTC on its first day. The Task Scheduler keeps this
     distance also when the clocks change. If the machine is in that time zone, take {offset} away: then it goes by
     the clock. -->
<Task version="1.3" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Nightly import of calling campaigns</Description>
  </RegistrationInfo>
  <Triggers>
    <CalendarTrigger>
      <Enabled>true</Enabled>
      <StartBoundary>{start}</StartBoundary>
      <ScheduleByDay>
        <DaysInterval>1</DaysInterval>
      </ScheduleByDay>
    </CalendarTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>{user}</UserId>
      <LogonType>S4U</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <WakeToRun>true</WakeToRun>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{program}</Command>
      <Arguments>{arguments}</Arguments>
      <WorkingDirectory>{working}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
"""
