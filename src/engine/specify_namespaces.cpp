// Specifying: namespaces, the host name, sysctls.
#include "engine/ids.hpp"
#include "engine/specify.hpp"

namespace phial::engine::specifying {

namespace {

using From = NamespaceRequest::From;
using spec::NamespaceType;

std::string_view proc_name(NamespaceType type) {
  switch (type) {
  case NamespaceType::network: return "net";
  case NamespaceType::pid: return "pid";
  case NamespaceType::ipc: return "ipc";
  case NamespaceType::uts: return "uts";
  case NamespaceType::cgroup: return "cgroup";
  case NamespaceType::user: return "user";
  case NamespaceType::mount: return "mnt";
  case NamespaceType::time: return "time";
  }
  return "";
}

// The namespace of that type as it was asked for; nothing where the host's is kept.
Result<> add(Work& work, NamespaceType type, const NamespaceRequest& request, std::string_view flag) {
  std::vector<spec::Namespace>& list = work.out.spec.platform.namespaces;
  if (request.from == From::host)
    return {};
  spec::Namespace entry;
  entry.type = type;
  if (request.from == From::container) {
    const JoinedContainer* other = work.world.container(request.container);
    if (other == nullptr || other->pid == 0)
      return fail(Kind::state,
                  "container " + request.container + " does not run: its " + std::string(flag) +
                      " namespace cannot be joined",
                  "start it first");
    entry.path = "/proc/" + std::to_string(other->pid) + "/ns/" + std::string(proc_name(type));
  }
  if (request.from != From::standard)
    work.because("linux.namespaces[" + std::to_string(list.size()) + "]", flag);
  list.push_back(std::move(entry));
  return {};
}

void choose_host_name(Work& work) {
  const RunOptions& options = work.options;
  spec::Spec& spec = work.out.spec;
  if (options.uts.from == From::host)
    return;
  if (!options.hostname.empty()) {
    spec.hostname = options.hostname;
    work.because("hostname", "hostname");
  } else if (options.network.from == From::host) {
    spec.hostname = work.world.host_name;
    work.because_text("hostname", "the host's own name, as its network is shared");
  } else {
    spec.hostname = work.world.id.substr(0, kShortIdLength);
    work.because_text("hostname", "the first twelve digits of the container's id");
  }
  spec.domainname = options.domain_name;
  work.because("domainname", "domainname");
}

Result<> add_sysctls(Work& work) {
  spec::StringMap& sysctls = work.out.spec.platform.sysctl;
  bool own_network = work.options.network.from == From::own || work.options.network.from == From::standard ||
                     work.options.network.from == From::none;
  // What docker sets in a network namespace of its own: no user there needs a capability for ping or port 80.
  if (own_network && !work.options.security.privileged) {
    sysctls.emplace_back("net.ipv4.ping_group_range", "0 2147483647");
    sysctls.emplace_back("net.ipv4.ip_unprivileged_port_start", "0");
    work.because_text("linux.sysctl", "the default of a network namespace of its own");
  }
  for (const KeyValue& entry : work.options.sysctls) {
    std::erase_if(sysctls, [&](const auto& known) { return known.first == entry.key; });
    sysctls.emplace_back(entry.key, entry.value);
    work.because("linux.sysctl[" + entry.key + "]", "sysctl");
  }
  return {};
}

std::string network_mode(const Work& work) {
  switch (work.options.network.from) {
  case From::host: return "host";
  case From::container: return "container:" + work.world.container(work.options.network.container)->id;
  default: return "none";
  }
}

} // namespace

Result<> add_namespaces(Work& work) {
  const RunOptions& options = work.options;
  TRY(add(work, NamespaceType::mount, {}, "mount"));
  TRY(add(work, NamespaceType::network, options.network, "network"));
  TRY(add(work, NamespaceType::uts, options.uts, "uts"));
  TRY(add(work, NamespaceType::pid, options.pid, "pid"));
  TRY(add(work, NamespaceType::ipc, options.ipc, "ipc"));
  TRY(add(work, NamespaceType::cgroup, options.cgroup, "cgroupns"));
  if (options.uts.from == From::host && !options.hostname.empty())
    return fail(Kind::usage, "--hostname and --uts host cannot be given together: the host would be renamed");
  choose_host_name(work);
  work.out.network_mode = network_mode(work);
  return add_sysctls(work);
}

} // namespace phial::engine::specifying
