#include "spec/features.hpp"

#include <gtest/gtest.h>

namespace phial::spec {
namespace {

TEST(Features, SayWhatTheKernelHas) {
  KernelFeatures kernel;
  kernel.namespaces = {"pid", "network", "mount"};
  kernel.capabilities = {"CAP_CHOWN"};
  kernel.cgroup_v2 = true;
  kernel.seccomp = true;
  kernel.seccomp_actions = {"SCMP_ACT_TRAP", "SCMP_ACT_ALLOW"};
  kernel.idmapped_mounts = true;
  Json document = features_json(kernel, "0.1.0");
  EXPECT_EQ(document.string_or("ociVersionMin"), "1.0.0");
  EXPECT_EQ(document.string_or("ociVersionMax"), "1.3.0");
  EXPECT_EQ(document.strings_of("hooks").size(), 6U);
  EXPECT_EQ(document.at({"linux"})->strings_of("namespaces"), (std::vector<std::string>{"mount", "network", "pid"}));
  EXPECT_EQ(to_text(*document.at({"linux", "cgroup"})),
            R"({"v1":false,"v2":true,"systemd":false,"systemdUser":false,"rdma":false})");
  EXPECT_EQ(document.at({"linux", "seccomp"})->strings_of("actions"),
            (std::vector<std::string>{"SCMP_ACT_ALLOW", "SCMP_ACT_TRAP"}));
  EXPECT_EQ(to_text(*document.at({"linux", "mountExtensions"})), R"({"idmap":{"enabled":true}})");
  EXPECT_EQ(document.at({"linux", "memoryPolicy"}), nullptr) << "a kernel without memory policies has no modes";
}

TEST(Features, WithoutSeccompNothingIsPromised) {
  EXPECT_EQ(to_text(*features_json({}, "0").at({"linux", "seccomp"})), R"({"enabled":false})");
  EXPECT_EQ(to_text(*features_json({}, "0").at({"linux", "netDevices"})), R"({"enabled":false})");
}

} // namespace
} // namespace phial::spec
