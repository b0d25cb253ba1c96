#include "runtime/lifecycle/home.hpp"

#include "base/file.hpp"
#include "runtime/command_path.hpp"
#include "spec/users.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace phial::runtime {

namespace {

constexpr const char* kUsers = "the container's /etc/passwd";

// The first kMaxUserFile bytes.
Result<std::string> text_of(const Looked& found) {
  Result<Fd> file = open_at(AT_FDCWD, "/proc/self/fd/" + std::to_string(found.place.get()), O_RDONLY | O_NONBLOCK);
  if (!file)
    return means_nothing_there(file.error().number) ? Result<std::string>()
                                                    : fail_call("open", kUsers, file.error().number);
  std::string out(std::min(static_cast<std::size_t>(found.status.st_size), spec::kMaxUserFile), '\0');
  std::size_t done = 0;
  while (done < out.size()) {
    ssize_t n = ::pread(file->get(), out.data() + done, out.size() - done, static_cast<off_t>(done));
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return fail_call("pread", kUsers);
    if (n == 0)
      break;
    done += static_cast<std::size_t>(n);
  }
  out.resize(done);
  return out;
}

Result<std::string> home_of(const RootView& root, std::uint32_t uid) {
  Looked found = root.look("/etc/passwd");
  if (int number = root.unseen() != 0 ? root.unseen() : found.hidden ? 0 : found.number; !means_nothing_there(number))
    return fail_call("openat", kUsers, number);
  if (!found.is_there() || !S_ISREG(found.status.st_mode))
    return "/";
  std::string text = TRY(text_of(found));
  for (spec::PasswdEntry& entry : spec::parse_passwd(text))
    if (entry.uid == uid && entry.home.starts_with('/'))
      return std::move(entry.home);
  return "/";
}

} // namespace

bool lacks_home(const spec::Process& process) {
  return variable_of(process.env, "HOME", "").empty();
}

void set_home(spec::Process& process, const std::string& home) {
  std::erase_if(process.env, [](const std::string& entry) { return entry == "HOME="; });
  process.env.push_back("HOME=" + home);
}

Result<> give_home(spec::Process& process, const RootView& root) {
  if (lacks_home(process))
    set_home(process, TRY(home_of(root, process.user.uid), "find the user's HOME"));
  return {};
}

} // namespace phial::runtime
