#include "runtime/lifecycle/home.hpp"

#include "runtime/command_path.hpp"
#include "spec/users.hpp"

#include <algorithm>

namespace phial::runtime {

namespace {

std::string home_of(const RootView& root, std::uint32_t uid) {
  Looked found = root.look("/etc/passwd");
  if (!found.is_there() || !S_ISREG(found.status.st_mode))
    return "/";
  auto size = std::min(static_cast<std::size_t>(found.status.st_size), spec::kMaxUserFile);
  std::string text = RootView::reader(found)(0, size);
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

void give_home(spec::Process& process, const RootView& root) {
  if (!lacks_home(process))
    return;
  set_home(process, home_of(root, process.user.uid));
}

} // namespace phial::runtime
