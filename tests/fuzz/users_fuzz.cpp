// passwd and group of a root that is somebody else's, and who -u is in them: USER NUL passwd NUL group NUL extra group.
#include "targets.hpp"

#include "spec/users.hpp"

namespace phial::fuzz {

void users(std::string_view bytes) {
  Input input(bytes);
  std::string_view user = input.part();
  std::string_view passwd = input.part();
  std::string_view group = input.part();
  std::vector<std::string> extra;
  while (!input.empty())
    extra.emplace_back(input.part());
  for (const spec::PasswdEntry& entry : spec::parse_passwd(passwd))
    require(!entry.name.empty() && entry.uid <= spec::kMaxId && entry.gid <= spec::kMaxId, "a row that makes no sense");
  for (const spec::GroupEntry& entry : spec::parse_group(group))
    require(!entry.name.empty() && entry.gid <= spec::kMaxId, "a row that makes no sense");
  Result<spec::ResolvedUser> resolved = spec::resolve_user(user, passwd, group, extra);
  if (!resolved)
    return;
  require(resolved->uid <= spec::kMaxId && resolved->gid <= spec::kMaxId, "an id that no process can have");
  std::string_view digits = user.substr(0, user.find(':'));
  if (!digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos)
    require(std::to_string(resolved->uid) == digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1)),
            "a number is taken for a name");
}

} // namespace phial::fuzz
