#include "spec/features.hpp"

#include "kernel/mounts.hpp"
#include "kernel/seccomp.hpp"
#include "spec/names.hpp"

#include <algorithm>

namespace phial::spec {

namespace {

template <class Names> Json sorted(const Names& names) {
  std::vector<std::string> out;
  out.reserve(std::size(names));
  for (const auto& name : names)
    out.emplace_back(name);
  std::ranges::sort(out);
  return Json::strings(out);
}

Json enabled(bool yes) {
  return Json::object().set("enabled", yes);
}

Json mount_option_names() {
  std::vector<std::string_view> names;
  for (const kernel::MountOptionFacts& option : kernel::mount_options())
    names.push_back(option.name);
  return sorted(names);
}

Json seccomp_json(const KernelFeatures& kernel) {
  Json out = enabled(kernel.seccomp);
  if (!kernel.seccomp)
    return out;
  return std::move(out)
      .set("actions", sorted(kernel.seccomp_actions))
      .set("operators", sorted(names_of(kSeccompOperators)))
      .set("archs", sorted(kernel::seccomp_architectures()))
      .set("knownFlags", sorted(names_of(kSeccompFlags)))
      .set("supportedFlags", sorted(kernel.seccomp_flags));
}

Json linux_json(const KernelFeatures& kernel) {
  Json out = Json::object();
  out.set("namespaces", sorted(kernel.namespaces));
  out.set("capabilities", Json::strings(kernel.capabilities));
  out.set("cgroup", Json::object()
                        .set("v1", kernel.cgroup_v1)
                        .set("v2", kernel.cgroup_v2)
                        .set("systemd", kernel.systemd)
                        .set("systemdUser", kernel.systemd)
                        .set("rdma", kernel.cgroup_rdma));
  out.set("seccomp", seccomp_json(kernel));
  out.set("apparmor", enabled(kernel.apparmor));
  out.set("selinux", enabled(kernel.selinux));
  out.set("intelRdt",
          enabled(kernel.intel_rdt).set("schemata", kernel.intel_rdt).set("monitoring", kernel.intel_rdt_monitoring));
  if (kernel.memory_policy)
    out.set("memoryPolicy", Json::object()
                                .set("modes", sorted(names_of(kMemoryPolicyModes)))
                                .set("flags", sorted(names_of(kMemoryPolicyFlags))));
  out.set("mountExtensions", Json::object().set("idmap", enabled(kernel.idmapped_mounts)));
  out.set("netDevices", enabled(std::ranges::find(kernel.namespaces, "network") != kernel.namespaces.end()));
  return out;
}

} // namespace

Json features_json(const KernelFeatures& kernel, std::string_view version) {
  constexpr std::string_view kHooks[] = {"prestart",       "createRuntime", "createContainer",
                                         "startContainer", "poststart",     "poststop"};
  constexpr std::string_view kUnsafe[] = {"org.criu.config", "org.systemd.property."};
  std::vector<std::string> hooks(std::begin(kHooks), std::end(kHooks));
  Json out = Json::object();
  out.set("ociVersionMin", "1.0.0");
  out.set("ociVersionMax", "1.3.0");
  out.set("hooks", Json::strings(hooks));
  out.set("mountOptions", mount_option_names());
  out.set("linux", linux_json(kernel));
  out.set("annotations", Json::object()
                             .set("io.phial.version", version)
                             .set("org.opencontainers.runc.checkpoint.enabled", kernel.checkpoint ? "true" : "false"));
  out.set("potentiallyUnsafeConfigAnnotations", sorted(kUnsafe));
  return out;
}

} // namespace phial::spec
