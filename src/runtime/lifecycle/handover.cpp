#include "runtime/lifecycle/handover.hpp"

#include "base/file.hpp"
#include "base/terminal.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace phial::runtime {

namespace {

Result<Fd> connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return fail(Kind::usage, "the socket's path " + path + " is longer than the 107 bytes a socket's may have");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  Fd out(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!out)
    return fail_call("socket", path);
  if (::connect(out.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail_call("connect", path);
  return out;
}

} // namespace

Result<> check_handover(const Handover& options, bool terminal) {
  if (options.detach && terminal && options.console_socket.empty())
    return fail(Kind::usage, "cannot allocate tty if runc will detach without setting console socket",
                "give --console-socket, or no terminal (process.terminal false, exec without --tty)");
  if (!options.console_socket.empty() && (!terminal || !options.detach))
    return fail(Kind::usage, "cannot use console socket if runc will not detach or allocate tty",
                "give it a terminal and --detach, or leave --console-socket out");
  return {};
}

void tell_process(spec::Process& process, const Handover& options) {
  if (options.listened != 0) {
    process.env.push_back("LISTEN_FDS=" + std::to_string(options.listened));
    process.env.emplace_back("LISTEN_PID=1");
  }
  if (process.terminal && !options.detach)
    if (std::optional<TerminalSize> own = own_terminal_size())
      process.console_size = {own->rows, own->columns};
}

unsigned streams_to_give() {
  unsigned out = 0;
  for (int fd : {0, 1, 2}) {
    struct stat status{};
    if (::fstat(fd, &status) != 0 || S_ISBLK(status.st_mode) || (S_ISCHR(status.st_mode) && !is_terminal(fd)))
      continue;
    out |= 1U << static_cast<unsigned>(fd);
  }
  return out;
}

Result<> send_over(const std::string& path, std::string_view name, int descriptor) {
  Fd socket = TRY(connect_to(path));
  std::string text(name);
  iovec part{text.data(), text.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  while (::sendmsg(socket.get(), &message, MSG_NOSIGNAL) < 0)
    if (errno != EINTR)
      return fail_call("sendmsg", path);
  return {};
}

Result<> hand_over(const Handover& options, pid_t pid, const Fd& process, Fd& terminal) {
  if (!options.console_socket.empty() && terminal) {
    TRY(send_over(options.console_socket, "/dev/pts/ptmx", terminal.get()), "console socket");
    terminal.reset();
  }
  if (!options.pidfd_socket.empty())
    TRY(send_over(options.pidfd_socket, "pidfd", process.get()), "pidfd socket");
  if (!options.pid_file.empty())
    TRY(write_file_atomically(options.pid_file, std::to_string(pid), 0644), "pid file");
  return {};
}

} // namespace phial::runtime
