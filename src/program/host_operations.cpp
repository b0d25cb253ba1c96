#include "program/host_operations.hpp"

#include "base/child.hpp"
#include "base/file.hpp"
#include "program/cgroup_removal.hpp"
#include "program/copy_tree.hpp"
#include "program/foreign_mount.hpp"
#include "program/hook.hpp"
#include "program/map_namespace.hpp"
#include "program/netlink.hpp"
#include "program/spawn.hpp"
#include "program/user_namespace.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cstring>

namespace phial::program {

namespace {

const char* text_at(std::uint64_t address) {
  return reinterpret_cast<const char*>(address);
}

long as_errno(const Result<>& result) {
  if (result)
    return 0;
  return result.error().number != 0 ? -result.error().number : -EIO;
}

// The program's own words say more than an errno could: they are kept for failure().
long run_helper(const Machine& machine, std::uint64_t argv, std::uint64_t envp) {
  Result<Ended> ended =
      run_to_end(reinterpret_cast<const char* const*>(argv), reinterpret_cast<const char* const*>(envp));
  if (!ended)
    return -(ended.error().number != 0 ? ended.error().number : EIO);
  if (ended->status == 0)
    return 0;
  if (machine.journal != nullptr) {
    char* said = machine.journal->said;
    said[ended->err.copy(said, kSaidSize - 1)] = '\0';
  }
  return -(kHookExited + ended->status);
}

long process_directory(std::uint64_t pid) {
  int fd = ::open(("/proc/" + std::to_string(pid)).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

// The init sends one byte with one descriptor. unix(7), SCM_RIGHTS.
long receive_descriptor(int socket) {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t n = -1;
  do
    n = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    return -errno;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (n == 0 || header == nullptr || header->cmsg_type != SCM_RIGHTS)
    return -EPIPE;
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return fd;
}

// The last argument tells which of the others are given.
SpawnPlace spawn_place(const std::uint64_t* args) {
  if ((args[4] & 4) != 0)
    return {.container = static_cast<int>(args[2]), .join = args[3]};
  return {(args[4] & 1) != 0 ? static_cast<int>(args[2]) : -1, (args[4] & 2) != 0 ? static_cast<int>(args[3]) : -1};
}

} // namespace

long host_operation(Machine& machine, const Instruction& instruction, const std::uint64_t* args) {
  switch (instruction.op) {
  case Op::load_init: return load_init();
  case Op::spawn: return spawn(machine, args[0], static_cast<int>(args[1]), spawn_place(args));
  case Op::release: return release_spawned();
  case Op::process_dir: return process_directory(args[0]);
  case Op::remove_cgroup: return remove_cgroup(text_at(args[0]));
  case Op::remove_tree: return as_errno(remove_tree_at(AT_FDCWD, text_at(args[0])));
  case Op::make_path: return as_errno(make_directories(text_at(args[0]), static_cast<mode_t>(args[1])));
  case Op::copy_tree: return copy_tree(static_cast<int>(args[0]), static_cast<int>(args[1]), args[2]);
  case Op::make_user_namespace: return make_user_namespace(text_at(args[0]), text_at(args[1]));
  case Op::netlink: return netlink_request(static_cast<int>(args[0]), text_at(args[1]), args[2]);
  case Op::receive_fd: return receive_descriptor(static_cast<int>(args[0]));
  case Op::enter_user_namespace: return enter_user_namespace(args[0], args[1], args[2]);
  case Op::clone_foreign_mount: return clone_foreign_mount(static_cast<int>(args[0]), text_at(args[1]), args[2] != 0);
  case Op::run_helper: return run_helper(machine, args[0], args[1]);
  default: return -ENOSYS;
  }
}

} // namespace phial::program
