package filelock

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// holder finds a process that holds the lock of a file, other than this one: the kernel lists locks by the
// number of their file (proc_locks(5)), and the process shows whether it has that file open.
func holder(path string) (process int, stopped bool) {
	var file syscall.Stat_t
	locks, err := os.ReadFile("/proc/locks")
	if err != nil || syscall.Stat(path, &file) != nil {
		return 0, false
	}
	for line := range strings.Lines(string(locks)) {
		// 1: FLOCK  ADVISORY  WRITE 1347 fe:00:9978930 0 EOF
		fields := strings.Fields(line)
		if len(fields) < 6 || fields[1] != "FLOCK" || !strings.HasSuffix(fields[5], ":"+strconv.FormatUint(file.Ino, 10)) {
			continue
		}
		pid, err := strconv.Atoi(fields[4])
		if err == nil && pid > 0 && pid != os.Getpid() && hasOpen(pid, &file) {
			return pid, isStopped(pid)
		}
	}
	return 0, false
}

// hasOpen reports whether a process has a file open.
func hasOpen(pid int, file *syscall.Stat_t) bool {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	open, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, entry := range open {
		var found syscall.Stat_t
		if syscall.Stat(dir+"/"+entry.Name(), &found) == nil && found.Ino == file.Ino && found.Dev == file.Dev {
			return true
		}
	}
	return false
}

// isStopped reports whether a process is stopped by a signal or a debugger: the letter after its name
// (proc_pid_stat(5)), which may hold spaces and brackets itself.
func isStopped(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	after := bytes.TrimSpace(stat[bytes.LastIndexByte(stat, ')')+1:])
	return len(after) > 0 && (after[0] == 'T' || after[0] == 't')
}
