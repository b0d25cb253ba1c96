// Image documents: configs, --change, manifests and indexes, the choice of a platform.
#include "image/config.hpp"
#include "image/oci_layout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace phial::image {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kA = "sha256:" + std::string(64, 'a');
const std::string kB = "sha256:" + std::string(64, 'b');

TEST(ImageConfigText, RoundTrip) {
  std::string text =
      R"({"created":"2026-01-02T03:04:05Z","author":"me","architecture":"arm64","variant":"v8","os":"linux",
    "config":{"User":"1:2","Env":["A=b","C="],"Entrypoint":["/e"],"Cmd":["x","y"],"WorkingDir":"/w",
    "Labels":{"z":"1","a":"2"},"StopSignal":"SIGQUIT","StopTimeout":3,"ExposedPorts":{"80/tcp":{},"53/udp":{}},
    "Volumes":{"/v":{}},"Healthcheck":{"Test":["CMD","true"]}},
    "rootfs":{"type":"layers","diff_ids":[")" +
      kA + R"("]},"history":[{"created_by":"RUN x","empty_layer":true}]})";
  Result<ImageConfig> config = parse_config(text, "config");
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->platform.text(), "linux/arm64/v8");
  EXPECT_THAT(config->exposed_ports, ElementsAre("53/udp", "80/tcp"));
  EXPECT_THAT(config->labels, ElementsAre(std::pair<std::string, std::string>("a", "2"),
                                          std::pair<std::string, std::string>("z", "1")));
  EXPECT_EQ(config->stop_timeout, 3);
  EXPECT_EQ(config->diff_ids.at(0).text(), kA);
  EXPECT_TRUE(config->history.at(0).empty_layer);
  std::string written = config_text(*config);
  Result<ImageConfig> again = parse_config(written, "config");
  ASSERT_TRUE(again);
  EXPECT_EQ(config_text(*again), written);
}

TEST(ImageConfigText, Refused) {
  for (const char* bad :
       {"[]", "{}", "", R"({"rootfs":{"diff_ids":["sha256:../x"]}})", R"({"rootfs":{"diff_ids":[1]}})",
        R"({"rootfs":{"diff_ids":{}}})", R"({"rootfs":{},"config":{"Env":["NOEQUALS"]}})",
        R"({"rootfs":{},"config":{"Env":"x\u0000=1"}})", R"({"rootfs":{},"config":{"Cmd":[1]}})",
        R"({"rootfs":{},"config":{"Cmd":{}}})", R"({"rootfs":{},"config":{"User":7}})",
        R"({"rootfs":{},"config":{"Labels":[]}})"})
    EXPECT_FALSE(parse_config(bad, "config")) << bad;
}

TEST(ImageChange, Instructions) {
  ImageConfig config;
  for (const char* one : {"CMD [\"a\", \"b c\"]", "ENTRYPOINT run it", "ENV A=1 B='2 3'", "ENV A 4 5",
                          "LABEL k=\"v w\"", "EXPOSE 80 53/udp", "USER 7:8", "WORKDIR /x", "WORKDIR y",
                          "VOLUME [\"/v\"]", "VOLUME /u /v", "stopsignal SIGINT"})
    ASSERT_TRUE(apply_change(config, one)) << one;
  EXPECT_THAT(config.cmd, ElementsAre("a", "b c"));
  EXPECT_THAT(config.entrypoint, ElementsAre("/bin/sh", "-c", "run it"));
  EXPECT_THAT(config.env, ElementsAre("A=4 5", "B=2 3"));
  EXPECT_EQ(config.labels.at(0).second, "v w");
  EXPECT_THAT(config.exposed_ports, ElementsAre("53/udp", "80/tcp"));
  EXPECT_EQ(config.user, "7:8");
  EXPECT_EQ(config.working_dir, "/x/y");
  EXPECT_THAT(config.volumes, ElementsAre("/u", "/v"));
  EXPECT_EQ(config.stop_signal, "SIGINT");
  for (const char* bad : {"", "CMD", "RUN x", "ENV", "ENV A", "EXPOSE x", "EXPOSE 0", "EXPOSE 80/icmp", "LABEL =x"})
    EXPECT_FALSE(apply_change(config, bad)) << bad;
}

TEST(ImagePlatform, Names) {
  EXPECT_EQ(parse_platform("linux/arm/v7")->text(), "linux/arm/v7");
  EXPECT_EQ(parse_platform("arm64")->text(), "linux/arm64");
  EXPECT_EQ(parse_platform("linux/x86_64")->text(), "linux/amd64");
  for (const char* bad : {"", "linux", "/", "linux//v7", "a/b/c/d"})
    EXPECT_FALSE(parse_platform(bad)) << bad;
}

std::string descriptor(const std::string& digest, const std::string& more) {
  return R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" + digest + R"(","size":5)" + more +
         "}";
}

TEST(ImageIndex, ChoosesByPlatformAndName) {
  std::string text = R"({"schemaVersion":2,"manifests":[)" +
                     descriptor(kA, R"(,"platform":{"os":"linux","architecture":"arm64"})") + "," +
                     descriptor(kB, R"(,"platform":{"os":"linux","architecture":"amd64"})") + "," +
                     descriptor(kB, R"(,"platform":{"os":"unknown","architecture":"unknown"})") + "]}";
  Result<std::vector<Descriptor>> all = parse_index(text, "index.json");
  ASSERT_TRUE(all) << all.error().text();
  Result<std::vector<Descriptor>> chosen = choose(*all, {"linux", "amd64", ""}, true);
  ASSERT_TRUE(chosen);
  ASSERT_EQ(chosen->size(), 1U);
  EXPECT_EQ(chosen->at(0).digest.text(), kB);
  Result<std::vector<Descriptor>> none = choose(*all, {"linux", "s390x", ""}, true);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().text(), HasSubstr("linux/arm64, linux/amd64"));

  std::string named = R"({"manifests":[)" +
                      descriptor(kA, R"(,"annotations":{"org.opencontainers.image.ref.name":"one"})") + "," +
                      descriptor(kB, R"(,"annotations":{"io.containerd.image.name":"two:3"})") + "]}";
  chosen = choose(*parse_index(named, "index.json"), {"linux", "amd64", ""}, true);
  ASSERT_TRUE(chosen);
  ASSERT_EQ(chosen->size(), 2U);
  EXPECT_EQ(chosen->at(1).name, "two:3");
}

TEST(ImageManifest, RefusesWhatIsAmbiguous) {
  constexpr const char* kType = "application/vnd.oci.image.manifest.v1+json";
  std::string config = R"("config":)" + descriptor(kA, "");
  std::string layer =
      R"({"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":")" + kB + R"(","size":5})";
  std::string good = "{\"schemaVersion\":2," + config + ",\"layers\":[" + layer + "]}";
  ASSERT_TRUE(parse_manifest(good, "m", kType));
  EXPECT_EQ(parse_manifest(good, "m", kType)->layers.at(0).digest.text(), kB);
  for (const std::string& bad :
       {"{" + config + ",\"layers\":[],\"manifests\":[]}", "{" + config + "}", std::string("{\"layers\":[]}"),
        std::string("null"), std::string("[]"), "{" + config + ",\"layers\":[null]}",
        "{\"mediaType\":\"application/vnd.oci.image.index.v1+json\"," + config + ",\"layers\":[]}",
        "{\"schemaVersion\":1," + config + ",\"layers\":[]}",
        "{" + config + R"(,"layers":[{"mediaType":"application/x.tar","digest":"sha256:../../x","size":1}]})",
        "{" + config + R"(,"layers":[{"mediaType":"application/x.tar","digest":")" + kA + R"("}]})",
        "{" + config + R"(,"layers":[{"mediaType":"application/x.tar","digest":")" + kA + R"(","size":-1}]})",
        "{" + config + R"(,"layers":[{"mediaType":"text/plain","digest":")" + kA + R"(","size":1}]})"})
    EXPECT_FALSE(parse_manifest(bad, "m", kType)) << bad;
}

} // namespace
} // namespace phial::image
