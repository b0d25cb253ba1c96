/* meddle [--log FILE] RULE... -- PROGRAM ARGUMENT...: runs a program and meddles with its system calls by ptrace.
 *
 * It stands for a runtime with one defence taken away, for an attacker who wins a race, and for a kernel that lacks a
 * call. It follows every process of the program up to the exec of a program in another root, which is the container's
 * own; that one is let go. --log FILE gets a line "COUNT RULE" for each rule, and "COUNT calls".
 *
 * RULE is CALL[@N][,CONDITION...]:EFFECT[,EFFECT...]. CALL is a system call's name, its number, or * for every one; @N
 * is the N-th that meets the conditions, counted over all processes; @N+ that one and all after it.
 *   CONDITION  aI==V   argument I (0 to 5) is V      aI&V   has one of the bits V     aI~TEXT  the string there contains
 *              sI+O&V  the 64-bit word at offset O of the structure at argument I has one of the bits V
 *   EFFECT     skip=V  is not made; its result is V  aI=V   aI|V   aI-V (clears bits)  sI+O=V  sI+O|V  sI+O-V
 *              tI=TEXT another string                call=NAME another call with the same arguments
 *              swap=PATH:PATH  exchanges two paths of the host before the call; kill sends the process SIGKILL
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALL(name) {#name, SYS_##name}
static const struct { const char *name; long number; } calls[] = {
    CALL(read), CALL(write), CALL(open), CALL(openat), CALL(close), CALL(ioctl), CALL(fcntl), CALL(socket), CALL(connect),
    CALL(bind), CALL(fchmod), CALL(fchmodat), CALL(chmod), CALL(mkdir), CALL(mkdirat), CALL(mknodat), CALL(mknod),
    CALL(symlinkat), CALL(linkat), CALL(unlinkat), CALL(rename), CALL(renameat2), CALL(renameat), CALL(fchown),
    CALL(fchownat), CALL(umask), CALL(chdir), CALL(fchdir), CALL(chroot), CALL(pivot_root), CALL(mount), CALL(umount2),
    CALL(unshare), CALL(setns), CALL(clone), CALL(clone3), CALL(execve), CALL(execveat), CALL(prctl), CALL(seccomp),
    CALL(capset), CALL(setgroups), CALL(setresuid), CALL(setresgid), CALL(setuid), CALL(setgid), CALL(setsid),
    CALL(prlimit64), CALL(setrlimit), CALL(keyctl), CALL(close_range), CALL(openat2), CALL(open_tree), CALL(move_mount),
    CALL(mount_setattr), CALL(fsopen), CALL(fsconfig), CALL(fsmount), CALL(pidfd_open), CALL(pidfd_send_signal),
    CALL(memfd_create), CALL(getcwd), CALL(readlink), CALL(readlinkat), CALL(kill), CALL(sethostname), CALL(bpf),
    CALL(fstat), CALL(newfstatat), CALL(fstatfs), CALL(statx), CALL(getpid), CALL(getppid), CALL(fsetxattr), CALL(lsetxattr), CALL(dup3),
    CALL(getdents64), CALL(flock), CALL(utimensat), CALL(ftruncate), CALL(lseek), CALL(brk), CALL(mmap)};

enum { kConditions = 6, kEffects = 6, kRules = 24, kTasks = 4096, kText = 4096 };

struct Part {
  char kind;     /* a: an argument, s: a structure's word, t: a string, k: skip, c: another call, w: swap, d: die */
  char operator; /* = | - & ~ */
  int index;
  long offset;
  uint64_t value;
  const char *text;
};

struct Rule {
  const char *source;
  long number; /* -1: every call */
  long from, to;
  struct Part conditions[kConditions], effects[kEffects];
  int condition_count, effect_count;
  long seen, done;
};

struct Task {
  pid_t pid;
  int altered, skipped;
  long result;
  struct user_regs_struct registers;
};

static struct Rule rules[kRules];
static int rule_count;
static struct Task tasks[kTasks];
static long call_count;
static const char *log_path;
static struct stat own_root;

static void die(const char *what) {
  fprintf(stderr, "meddle: %s: %s\n", what, strerror(errno));
  exit(125);
}

static void misuse(const char *what) {
  fprintf(stderr, "meddle: not a rule: %s\n", what);
  exit(125);
}

static long call_number(const char *name) {
  if (strcmp(name, "*") == 0)
    return -1;
  for (size_t i = 0; i < sizeof calls / sizeof *calls; ++i)
    if (strcmp(calls[i].name, name) == 0)
      return calls[i].number;
  char *end;
  long number = strtol(name, &end, 0);
  if (*end || end == name)
    misuse(name);
  return number;
}

static struct Part part(char *text) {
  struct Part p = {0};
  if (strcmp(text, "kill") == 0)
    return p.kind = 'd', p;
  char *sign = text + strcspn(text, "=|&~-");
  if (!*sign)
    misuse(text);
  p.operator = *sign;
  char *value = sign + (sign[0] == '=' && sign[1] == '=' ? 2 : 1);
  p.text = strdup(value);
  p.value = strtoull(value, NULL, 0);
  *sign = 0;
  if (strcmp(text, "skip") == 0)
    p.kind = 'k';
  else if (strcmp(text, "call") == 0)
    p.kind = 'c', p.value = (uint64_t)call_number(value);
  else if (strcmp(text, "swap") == 0)
    p.kind = 'w';
  else if (strchr("ast", *text) && text[1] >= '0' && text[1] <= '5') {
    p.kind = *text, p.index = text[1] - '0';
    if (text[2] == '+')
      p.offset = strtol(text + 3, NULL, 0);
  } else
    misuse(text);
  return p;
}

static void add_rule(const char *source) {
  if (rule_count == kRules)
    misuse("too many");
  struct Rule *rule = &rules[rule_count++];
  rule->source = source;
  char *text = strdup(source), *colon = strchr(text, ':');
  if (!colon)
    misuse(source);
  *colon = 0;
  char *rest = text, *word = strsep(&rest, ",");
  char *at = strchr(word, '@');
  rule->from = 1, rule->to = 1L << 60;
  if (at) {
    *at = 0;
    char *end;
    rule->from = strtol(at + 1, &end, 10);
    if (*end != '+')
      rule->to = rule->from;
  }
  rule->number = call_number(word);
  while ((word = strsep(&rest, ",")) && rule->condition_count < kConditions)
    rule->conditions[rule->condition_count++] = part(word);
  rest = colon + 1;
  while ((word = strsep(&rest, ",")) && rule->effect_count < kEffects)
    rule->effects[rule->effect_count++] = part(word);
}

static unsigned long long *argument(struct user_regs_struct *r, int index) {
  unsigned long long *all[] = {&r->rdi, &r->rsi, &r->rdx, &r->r10, &r->r8, &r->r9};
  return all[index];
}

/* What can be read of `size` bytes; the end of a mapping may come before. */
static size_t peek(pid_t pid, uint64_t address, void *to, size_t size) {
  size_t done = 0;
  while (done < size) {
    size_t piece = 4096 - (address + done) % 4096;
    if (piece > size - done)
      piece = size - done;
    struct iovec here = {(char *)to + done, piece}, there = {(void *)(uintptr_t)(address + done), piece};
    if (process_vm_readv(pid, &here, 1, &there, 1, 0) != (ssize_t)piece)
      break;
    done += piece;
  }
  return done;
}

static void poke(pid_t pid, uint64_t address, const void *from, size_t size) {
  struct iovec here = {(void *)(uintptr_t)from, size}, there = {(void *)(uintptr_t)address, size};
  if (process_vm_writev(pid, &here, 1, &there, 1, 0) != (ssize_t)size)
    fprintf(stderr, "meddle: cannot write into %d: %s\n", pid, strerror(errno));
}

static int holds(pid_t pid, struct user_regs_struct *r, const struct Part *c) {
  uint64_t value = *argument(r, c->index);
  if (c->kind == 's') {
    uint64_t word = 0;
    if (peek(pid, value + (uint64_t)c->offset, &word, sizeof word) != sizeof word)
      return 0;
    value = word;
  }
  if (c->operator == '=')
    return value == c->value;
  if (c->operator == '&')
    return (value & c->value) != 0;
  static char text[kText + 1];
  size_t length = peek(pid, value, text, kText);
  text[length] = 0;
  for (const char *at = text; at <= text + length && *at; ++at)
    if (strncmp(at, c->text, strlen(c->text)) == 0)
      return 1;
  return 0;
}

static uint64_t combine(char operator, uint64_t old, uint64_t value) {
  return operator == '|' ? old | value : operator == '-' ? old & ~value : value;
}

static void swap(const char *paths) {
  char first[kText];
  const char *colon = strchr(paths, ':');
  if (!colon)
    misuse(paths);
  snprintf(first, sizeof first, "%.*s", (int)(colon - paths), paths);
  if (syscall(SYS_renameat2, AT_FDCWD, first, AT_FDCWD, colon + 1, 2 /* RENAME_EXCHANGE */) != 0)
    fprintf(stderr, "meddle: cannot exchange %s: %s\n", paths, strerror(errno));
}

/* Below the stack's red zone; a structure and a string have a place each. */
static void apply(struct Task *task, struct user_regs_struct *r, const struct Part *e) {
  unsigned long long *a = argument(r, e->index);
  uint64_t place = ((r->rsp - 16384) & ~63ULL) + (uint64_t)e->index * 1024;
  switch (e->kind) {
  case 'a': *a = combine(e->operator, *a, e->value); break;
  case 's': {
    char copy[256] = {0};
    size_t size = peek(task->pid, *a, copy, sizeof copy);
    uint64_t word;
    memcpy(&word, copy + e->offset, sizeof word);
    word = combine(e->operator, word, e->value);
    memcpy(copy + e->offset, &word, sizeof word);
    poke(task->pid, place, copy, size);
    *a = place;
    break;
  }
  case 't':
    poke(task->pid, place, e->text, strlen(e->text) + 1);
    *a = place;
    break;
  case 'k':
    r->orig_rax = (unsigned long long)-1;
    task->skipped = 1, task->result = (long)e->value;
    break;
  case 'c': r->orig_rax = e->value; break;
  case 'w': swap(e->text); break;
  case 'd': kill(task->pid, SIGKILL); break;
  default: break;
  }
}

static void entering(struct Task *task) {
  struct user_regs_struct r;
  if (ptrace(PTRACE_GETREGS, task->pid, 0, &r) != 0)
    return;
  ++call_count;
  task->registers = r;
  for (int i = 0; i < rule_count; ++i) {
    struct Rule *rule = &rules[i];
    int meets = rule->number < 0 || rule->number == (long)r.orig_rax;
    for (int c = 0; meets && c < rule->condition_count; ++c)
      meets = holds(task->pid, &r, &rule->conditions[c]);
    if (!meets)
      continue;
    ++rule->seen;
    if (rule->seen < rule->from || rule->seen > rule->to)
      continue;
    ++rule->done;
    for (int e = 0; e < rule->effect_count; ++e) {
      apply(task, &r, &rule->effects[e]);
      task->altered |= strchr("astkc", rule->effects[e].kind) != NULL;
    }
  }
  if (task->altered)
    ptrace(PTRACE_SETREGS, task->pid, 0, &r);
}

/* The arguments are what they were, for who made the call believes that. */
static void leaving(struct Task *task) {
  if (!task->altered)
    return;
  struct user_regs_struct r;
  if (ptrace(PTRACE_GETREGS, task->pid, 0, &r) == 0 && r.rip == task->registers.rip) {
    for (int i = 0; i < 6; ++i)
      *argument(&r, i) = *argument(&task->registers, i);
    if (task->skipped)
      r.rax = (unsigned long long)task->result;
    ptrace(PTRACE_SETREGS, task->pid, 0, &r);
  }
  task->altered = task->skipped = 0;
}

static struct Task *task_of(pid_t pid) {
  struct Task *empty = NULL;
  for (int i = 0; i < kTasks; ++i) {
    if (tasks[i].pid == pid)
      return &tasks[i];
    if (!tasks[i].pid && !empty)
      empty = &tasks[i];
  }
  if (!empty) {
    errno = EAGAIN;
    die("too many processes");
  }
  memset(empty, 0, sizeof *empty);
  empty->pid = pid;
  return empty;
}

static int is_the_containers(pid_t pid) {
  char path[64];
  struct stat root;
  snprintf(path, sizeof path, "/proc/%d/root", pid);
  return stat(path, &root) == 0 && (root.st_dev != own_root.st_dev || root.st_ino != own_root.st_ino);
}

static void stopped(pid_t pid, int status) {
  int signal = WSTOPSIG(status), event = status >> 16;
  struct Task *task = task_of(pid);
  if (event == PTRACE_EVENT_EXEC && is_the_containers(pid)) {
    ptrace(PTRACE_DETACH, pid, 0, 0);
    task->pid = 0;
    return;
  }
  if (event == PTRACE_EVENT_STOP && (signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU)) {
    ptrace(PTRACE_LISTEN, pid, 0, 0);
    return;
  }
  long deliver = 0;
  if (event == 0 && signal == (SIGTRAP | 0x80)) {
    struct __ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof info, &info) > 0) {
      if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
        entering(task);
      else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
        leaving(task);
    }
  } else if (event == 0)
    deliver = signal;
  ptrace(PTRACE_SYSCALL, pid, 0, deliver);
}

static void write_log(void) {
  FILE *file = log_path ? fopen(log_path, "we") : NULL;
  if (!file)
    return;
  for (int i = 0; i < rule_count; ++i)
    fprintf(file, "%ld %s\n", rules[i].done, rules[i].source);
  fprintf(file, "%ld calls\n", call_count);
  fclose(file);
}

int main(int count, char **words) {
  int at = 1;
  for (; at < count && strcmp(words[at], "--") != 0; ++at) {
    if (strcmp(words[at], "--log") == 0 && at + 1 < count)
      log_path = words[++at];
    else
      add_rule(words[at]);
  }
  if (at + 1 >= count) {
    fprintf(stderr, "usage: meddle [--log FILE] RULE... -- PROGRAM ARGUMENT...\n");
    return 125;
  }
  if (stat("/proc/self/root", &own_root) != 0)
    die("/proc/self/root");
  int gate[2];
  if (pipe2(gate, O_CLOEXEC) != 0)
    die("pipe");
  pid_t main_pid = fork();
  if (main_pid < 0)
    die("fork");
  if (main_pid == 0) {
    char byte;
    close(gate[1]);
    if (read(gate[0], &byte, 1) != 1)
      _exit(125);
    execvp(words[at + 1], words + at + 1);
    fprintf(stderr, "meddle: %s: %s\n", words[at + 1], strerror(errno));
    _exit(127);
  }
  if (ptrace(PTRACE_SEIZE, main_pid, 0,
             PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC) != 0)
    die("PTRACE_SEIZE");
  ptrace(PTRACE_INTERRUPT, main_pid, 0, 0);
  if (write(gate[1], "g", 1) != 1)
    die("write");
  close(gate[0]);
  close(gate[1]);
  for (;;) {
    int status;
    pid_t pid = waitpid(-1, &status, __WALL);
    if (pid < 0 && errno == EINTR)
      continue;
    if (pid < 0)
      die("waitpid");
    if (WIFSTOPPED(status)) {
      stopped(pid, status);
      continue;
    }
    task_of(pid)->pid = 0;
    if (pid != main_pid)
      continue;
    write_log();
    if (WIFSIGNALED(status)) { /* as the program's own end */
      signal(WTERMSIG(status), SIG_DFL);
      raise(WTERMSIG(status));
    }
    return WEXITSTATUS(status);
  }
}
