// rounds NUMBER PAUSE -- COMMAND... [\; COMMAND...] -- COMMAND...: runs contestants in turns, A B C, C B A, and prints
// a line for each turn: the contestant's number, wall microseconds, CPU microseconds (user and system, with all that
// was waited for), peak resident KiB, exit status. A contestant is one command, or several one after the other. PAUSE
// is in milliseconds, between turns. "@" in an argument becomes the number of the turn. Written in C and linked
// statically: what an exec inherits, and what the peak of a child therefore counts, is then less than any contestant
// has.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char** environ;
enum { kContestants = 16 };
struct Cost {
  long wall, cpu, rss;
  int status;
};

static long microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static long sum(struct timeval a, struct timeval b) {
  return (a.tv_sec + b.tv_sec) * 1000000 + a.tv_usec + b.tv_usec;
}

// One command, up to ";" or "--"; the next begins behind what is returned.
static char** run(char** words, int turn, struct Cost* cost) {
  static char names[64][256];
  char* argv[65] = {NULL};
  int n = 0;
  for (; *words != NULL && strcmp(*words, ";") != 0 && strcmp(*words, "--") != 0 && n < 64; ++words, ++n) {
    const char* at = strchr(*words, '@');
    argv[n] = *words;
    if (at != NULL) {
      snprintf(names[n], sizeof names[n], "%.*s%d%s", (int)(at - *words), *words, turn, at + 1);
      argv[n] = names[n];
    }
  }
  struct rusage usage;
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  pid_t pid = -1;
  int status = 0;
  long began = microseconds();
  if (posix_spawn(&pid, argv[0], &files, NULL, argv, environ) != 0 || wait4(pid, &status, 0, &usage) < 0) {
    perror(argv[0]);
    exit(2);
  }
  cost->wall += microseconds() - began;
  cost->cpu += sum(usage.ru_utime, usage.ru_stime);
  if (usage.ru_maxrss > cost->rss)
    cost->rss = usage.ru_maxrss;
  if (status != 0)
    cost->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  posix_spawn_file_actions_destroy(&files);
  return *words != NULL && strcmp(*words, ";") == 0 ? words + 1 : NULL;
}

int main(int argc, char** argv) {
  char** contestants[kContestants];
  int count = 0;
  for (int i = 3; i < argc - 1 && count < kContestants; ++i)
    if (strcmp(argv[i], "--") == 0)
      contestants[count++] = argv + i + 1;
  if (count == 0)
    return 2;
  int rounds = atoi(argv[1]), turn = 0;
  struct timespec pause = {atoi(argv[2]) / 1000, atoi(argv[2]) % 1000 * 1000000L};
  for (int round = 0; round < rounds; ++round)
    for (int i = 0; i < count; ++i, ++turn) {
      int which = round % 2 == 0 ? i : count - 1 - i;
      struct Cost cost = {0};
      nanosleep(&pause, NULL);
      for (char** words = contestants[which]; words != NULL;)
        words = run(words, turn, &cost);
      printf("%d %ld %ld %ld %d\n", which, cost.wall, cost.cpu, cost.rss, cost.status);
    }
  return 0;
}
