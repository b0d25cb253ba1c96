// inject: runs a command, watches every process of ours that comes of it, and at one system call of one of them kills
// that process or makes the call fail.
//
//   inject -o REPORT -b DIRECTORY [-t] [-r ROLE] [-n N] [-f] [-c CALL]... [-k | -e ERRNO] -- COMMAND...
//
//   -o  file the report is appended to; it is closed, and so has an end, when nobody is watched any more
//   -b  programs below it, and those in memfds, are ours; a process that executes another one is let go
//   -t  reports every call
//   -r  the process, by the order of their making: the command is 0; without it every one of ours
//   -n  its n-th call, from 1; with -c only calls of those numbers count. -f: that one and all after it
//   -k  kills the process before the call is made;  -e  the call is not made and gives ERRNO. As the kernel fails: close
//       closes all the same, and brk gives the old break
//
// The command is the caller's own child, as with strace -D; the watcher is an orphan, so that whoever outlives the
// command stays watched. Lines of the report have fields between tabs; texts have no control characters:
//   exec ROLE PROGRAM | call ROLE N CALL TEXT | fired ROLE N CALL TEXT | end ROLE WAITSTATUS | gone ROLE PROGRAM
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kProcesses = 4096, kCalls = 32, kTextSize = 512 };

struct Process {
  pid_t pid;
  int role;
  long calls;   // so far
  bool failing; // its call is to give an error
  bool begun;   // has executed the command
};

static struct Process processes[kProcesses];
static int process_count, role_count;

static const char *directory = "";
static bool trace_all, onwards, kills;
static int wanted_role = -1, wanted_errno;
static long wanted_call = 0;
static long wanted_numbers[kCalls];
static int wanted_number_count;
static bool fired;
static int report = -1;

static void die(const char *what) {
  perror(what);
  _exit(120);
}

static void tell(const char *format, ...) {
  char line[kTextSize * 2 + 128];
  va_list list;
  va_start(list, format);
  int size = vsnprintf(line, sizeof line, format, list);
  va_end(list);
  if (size > (int)sizeof line - 1)
    size = sizeof line - 1;
  if (write(report, line, (size_t)size) < 0)
    _exit(121);
}

// ---- what a call is about

static void clean(char *text) {
  for (; *text; ++text)
    if ((unsigned char)*text < ' ' || *text == '\t')
      *text = '?';
}

static void link_text(pid_t pid, const char *name, char *to, size_t size) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  ssize_t n = readlink(path, to, size - 1);
  to[n < 0 ? 0 : n] = '\0';
  clean(to);
}

static void read_text(pid_t pid, unsigned long at, char *to, size_t size) {
  struct iovec here = {to, size - 1}, there = {(void *)at, size - 1};
  // Up to the end of the page: what is behind may not be mapped.
  size_t page = 4096 - (at & 4095);
  if (there.iov_len > page)
    there.iov_len = page;
  ssize_t n = at ? process_vm_readv(pid, &here, 1, &there, 1, 0) : -1;
  to[n < 0 ? 0 : n] = '\0';
  clean(to);
}

// The first argument is a descriptor (f), a path (p), a descriptor with a path (a), or the same twice (aa, pa).
static const char *kind_of(long number) {
  switch (number) {
  case SYS_read: case SYS_write: case SYS_close: case SYS_fstat: case SYS_lseek: case SYS_pread64: case SYS_pwrite64:
  case SYS_ioctl: case SYS_writev: case SYS_readv: case SYS_sendmsg: case SYS_recvmsg: case SYS_sendto:
  case SYS_recvfrom: case SYS_fcntl: case SYS_flock: case SYS_fsync: case SYS_fdatasync: case SYS_ftruncate:
  case SYS_getdents64: case SYS_fchdir: case SYS_fchmod: case SYS_fchown: case SYS_bind: case SYS_listen:
  case SYS_accept4: case SYS_connect: case SYS_setns: case SYS_fsmount: case SYS_fstatfs: case SYS_dup:
  case SYS_dup3: case SYS_setsockopt: case SYS_getsockopt: case SYS_shutdown: case SYS_pidfd_send_signal:
  case SYS_copy_file_range: case SYS_sendfile: case SYS_fallocate: case SYS_syncfs: case SYS_fsetxattr:
  case SYS_fgetxattr: case SYS_flistxattr: case SYS_pidfd_getfd:
#ifdef SYS_dup2
  case SYS_dup2:
#endif
    return "f";
  case SYS_chdir: case SYS_statfs: case SYS_truncate: case SYS_pivot_root: case SYS_umount2: case SYS_execve:
  case SYS_chroot: case SYS_memfd_create: case SYS_fsopen: case SYS_mount: case SYS_lsetxattr: case SYS_lgetxattr:
#ifdef SYS_open
  case SYS_open: case SYS_stat: case SYS_lstat: case SYS_mkdir: case SYS_rmdir: case SYS_unlink: case SYS_access:
  case SYS_readlink: case SYS_chmod: case SYS_chown: case SYS_lchown: case SYS_creat: case SYS_mknod: case SYS_rename:
  case SYS_link:
#endif
    return "p";
  case SYS_openat: case SYS_newfstatat: case SYS_unlinkat: case SYS_mkdirat: case SYS_mknodat: case SYS_readlinkat:
  case SYS_faccessat: case SYS_faccessat2: case SYS_fchmodat: case SYS_fchownat: case SYS_utimensat: case SYS_openat2:
  case SYS_open_tree: case SYS_mount_setattr: case SYS_statx: case SYS_execveat: case SYS_name_to_handle_at:
    return "a";
  case SYS_move_mount: case SYS_linkat: case SYS_renameat: case SYS_renameat2:
    return "aa";
  case SYS_symlinkat:
    return "pa";
#ifdef SYS_symlink
  case SYS_symlink:
    return "p";
#endif
  default:
    return "";
  }
}

static void describe(pid_t pid, long number, const __uint64_t *args, char *to, size_t size) {
  char text[kTextSize / 2];
  size_t used = 0;
  int i = 0;
  to[0] = '\0';
  for (const char *kind = kind_of(number); *kind; ++kind) {
    if (*kind != 'p') {
      char name[32];
      snprintf(name, sizeof name, (int)args[i] == AT_FDCWD ? "cwd" : "fd/%d", (int)args[i]);
      ++i;
      if (strcmp(name, "cwd") != 0 || *kind == 'f') {
        link_text(pid, name, text, sizeof text);
        used += (size_t)snprintf(to + used, size - used, "%s<%s>", used ? " " : "", text);
      }
    }
    if (*kind != 'f' && used < size) {
      read_text(pid, args[i++], text, sizeof text);
      used += (size_t)snprintf(to + used, size - used, "%s%s", used ? " " : "", text);
    }
    if (used >= size)
      return;
  }
  if (number == SYS_fcntl || number == SYS_ioctl || number == SYS_fsconfig)
    used += (size_t)snprintf(to + used, size - used, " %#llx", (unsigned long long)args[1]);
  if (number == SYS_prctl)
    snprintf(to + used, size - used, "%llu", (unsigned long long)args[0]);
}

// ---- the processes

static struct Process *find(pid_t pid) {
  for (int i = 0; i < process_count; ++i)
    if (processes[i].pid == pid)
      return &processes[i];
  if (process_count == kProcesses)
    _exit(122);
  processes[process_count] = (struct Process){pid, role_count++, 0, false, true};
  return &processes[process_count++];
}

static void forget(struct Process *process) {
  *process = processes[--process_count];
}

static bool is_ours(const char *program) {
  size_t size = strlen(directory);
  return strncmp(program, "/memfd:", 7) == 0 || (strncmp(program, directory, size) == 0 && program[size] == '/');
}

static bool is_wanted(const struct Process *process) {
  return wanted_call != 0 && (wanted_role < 0 || process->role == wanted_role);
}

static int pace(const struct Process *process) {
  if (process->failing || trace_all)
    return PTRACE_SYSCALL;
  return process->begun && is_wanted(process) && (!fired || onwards) ? PTRACE_SYSCALL : PTRACE_CONT;
}

static void resume(const struct Process *process, int how, int signal) {
  if (ptrace(how, process->pid, NULL, (void *)(long)signal) != 0 && errno != ESRCH)
    die("ptrace");
}

static void set_call(pid_t pid, int number) {
#if defined(__x86_64__)
  ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, orig_rax), (void *)(long)number);
#elif defined(__aarch64__)
  struct iovec io = {&number, sizeof number};
  ptrace(PTRACE_SETREGSET, pid, (void *)NT_ARM_SYSTEM_CALL, &io);
#endif
}

static void set_result(pid_t pid, long result) {
#if defined(__x86_64__)
  ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rax), (void *)result);
#elif defined(__aarch64__)
  struct user_regs_struct regs;
  struct iovec io = {&regs, sizeof regs};
  ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &io);
  regs.regs[0] = (unsigned long long)result;
  ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRSTATUS, &io);
#endif
}

static void set_first_argument(pid_t pid, long value) {
#if defined(__x86_64__)
  ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rdi), (void *)value);
#elif defined(__aarch64__)
  set_result(pid, value); // the same register
#endif
}

static bool counts(long number) {
  for (int i = 0; i < wanted_number_count; ++i)
    if (wanted_numbers[i] == number)
      return true;
  return wanted_number_count == 0;
}

static void at_entry(struct Process *process, const struct __ptrace_syscall_info *info) {
  long number = (long)info->entry.nr;
  if (!counts(number))
    return;
  ++process->calls;
  bool hit = is_wanted(process) && (process->calls == wanted_call || (onwards && process->calls > wanted_call));
  if (!trace_all && !hit)
    return;
  if (trace_all || !fired) {
    char text[kTextSize];
    describe(process->pid, number, info->entry.args, text, sizeof text);
    tell("%s\t%d\t%ld\t%ld\t%s\n", hit ? "fired" : "call", process->role, process->calls, number, text);
  }
  if (!hit)
    return;
  fired = true;
  if (kills) {
    kill(process->pid, SIGKILL);
  } else if (number != SYS_exit_group && number != SYS_exit && number != SYS_rt_sigreturn) {
    if (number == SYS_brk)
      set_first_argument(process->pid, 0);
    else if (number != SYS_close)
      set_call(process->pid, -1);
    process->failing = number != SYS_brk;
  }
}

static void at_call(struct Process *process) {
  struct __ptrace_syscall_info info;
  if (process->begun && ptrace(PTRACE_GET_SYSCALL_INFO, process->pid, (void *)sizeof info, &info) > 0) {
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
      at_entry(process, &info);
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && process->failing) {
      set_result(process->pid, -wanted_errno);
      process->failing = false;
    }
  }
  resume(process, pace(process), 0);
}

static void at_exec(struct Process *process) {
  char program[kTextSize];
  link_text(process->pid, "exe", program, sizeof program);
  process->begun = true;
  if (is_ours(program)) {
    tell("exec\t%d\t%s\n", process->role, program);
    resume(process, pace(process), 0);
    return;
  }
  tell("gone\t%d\t%s\n", process->role, program);
  ptrace(PTRACE_DETACH, process->pid, NULL, NULL);
  forget(process);
}

static void at_stop(struct Process *process, int status) {
  int signal = WSTOPSIG(status), event = status >> 16;
  if (signal == (SIGTRAP | 0x80)) {
    at_call(process);
  } else if (event == PTRACE_EVENT_EXEC) {
    at_exec(process);
  } else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
    unsigned long child = 0;
    ptrace(PTRACE_GETEVENTMSG, process->pid, NULL, &child);
    (void)find((pid_t)child);
    resume(process, pace(process), 0);
  } else if (event == PTRACE_EVENT_STOP) {
    bool group = signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
    resume(process, group ? PTRACE_LISTEN : pace(process), 0);
  } else {
    resume(process, pace(process), event == 0 ? signal : 0);
  }
}

static void watch(pid_t command, int ready) {
  const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                       PTRACE_O_TRACEEXEC;
  if (ptrace(PTRACE_SEIZE, command, NULL, (void *)options) != 0)
    die("PTRACE_SEIZE");
  find(command)->begun = false;
  if (write(ready, "", 1) != 1)
    die("write");
  close(ready);
  while (process_count != 0) {
    int status = 0;
    pid_t pid = waitpid(-1, &status, __WALL);
    if (pid < 0 && errno == EINTR)
      continue;
    if (pid < 0)
      break;
    struct Process *process = find(pid);
    if (WIFSTOPPED(status)) {
      at_stop(process, status);
    } else {
      tell("end\t%d\t%d\n", process->role, status);
      forget(process);
    }
  }
}

static void become_orphan(void) {
  pid_t pid = fork();
  if (pid < 0)
    die("fork");
  if (pid != 0)
    _exit(0);
  setsid();
  signal(SIGPIPE, SIG_IGN);
  int null = open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd)
    dup2(null, fd);
}

static char **parse(int count, char **words) {
  int option;
  while ((option = getopt(count, words, "+o:b:tr:n:fc:ke:")) != -1) {
    switch (option) {
    case 'o': report = open(optarg, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600); break;
    case 'b': directory = optarg; break;
    case 't': trace_all = true; break;
    case 'r': wanted_role = atoi(optarg); break;
    case 'n': wanted_call = atol(optarg); break;
    case 'f': onwards = true; break;
    case 'c':
      if (wanted_number_count < kCalls)
        wanted_numbers[wanted_number_count++] = atol(optarg);
      break;
    case 'k': kills = true; break;
    case 'e': wanted_errno = atoi(optarg); break;
    default: _exit(2);
    }
  }
  if (report < 0 || words[optind] == NULL) {
    fprintf(stderr, "inject: -o REPORT and a command are needed\n");
    _exit(2);
  }
  return words + optind;
}

int main(int count, char **words) {
  char **command = parse(count, words);
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) != 0)
    die("pipe2");
  pid_t self = getpid(), child = fork();
  if (child < 0)
    die("fork");
  if (child == 0) {
    become_orphan();
    watch(self, ready[1]);
    _exit(0);
  }
  close(ready[1]);
  waitpid(child, NULL, 0);
  char byte;
  if (read(ready[0], &byte, 1) != 1)
    _exit(120);
  execv(command[0], command);
  die(command[0]);
}
