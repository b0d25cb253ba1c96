// Digests, references and the names in layers: what is understood, and what is refused.
#include "image/reference.hpp"
#include "image/unpack.hpp"

#include <gtest/gtest.h>

namespace phial::image {
namespace {

const std::string kHex(64, 'a');

TEST(ImageDigest, KnownValue) {
  EXPECT_EQ(digest_of("abc").text(), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest_of("").short_text(), "e3b0c44298fc");
}

TEST(ImageDigest, OneFormOnly) {
  EXPECT_TRUE(parse_digest("sha256:" + kHex));
  for (const std::string& bad :
       {std::string(), kHex, "sha256:" + kHex + "a", "sha256:" + kHex.substr(1), "sha256:" + std::string(64, 'A'),
        "sha512:" + kHex, "sha256:../../" + kHex.substr(6), "sha256:" + kHex.substr(1) + "/", " sha256:" + kHex,
        "sha256:" + kHex.substr(1) + std::string(1, '\0')})
    EXPECT_FALSE(parse_digest(bad)) << bad;
}

struct ReferenceCase {
  const char* text;
  const char* stored;
  const char* shown;
};

TEST(ImageReference, DockersGrammar) {
  for (const ReferenceCase& one : {
           ReferenceCase{"busybox", "docker.io/library/busybox:latest", "busybox:latest"},
           ReferenceCase{"busybox:1.36", "docker.io/library/busybox:1.36", "busybox:1.36"},
           ReferenceCase{"a/b", "docker.io/a/b:latest", "a/b:latest"},
           ReferenceCase{"docker.io/busybox", "docker.io/library/busybox:latest", "busybox:latest"},
           ReferenceCase{"index.docker.io/library/busybox", "docker.io/library/busybox:latest", "busybox:latest"},
           ReferenceCase{"localhost/x:1", "localhost/x:1", "localhost/x:1"},
           ReferenceCase{"localhost:5000/x", "localhost:5000/x:latest", "localhost:5000/x:latest"},
           ReferenceCase{"r.example/a/b__c/d--e.f:T_1.x-y", "r.example/a/b__c/d--e.f:T_1.x-y",
                         "r.example/a/b__c/d--e.f:T_1.x-y"},
           ReferenceCase{"docker.io/host.example/app", "docker.io/host.example/app:latest",
                         "docker.io/host.example/app:latest"},
           ReferenceCase{"docker.io/localhost/app:1", "docker.io/localhost/app:1", "docker.io/localhost/app:1"},
           ReferenceCase{"[::1]:5000/x", "[::1]:5000/x:latest", "[::1]:5000/x:latest"},
       }) {
    Result<Reference> reference = parse_reference(one.text);
    ASSERT_TRUE(reference) << one.text << ": " << reference.error().text();
    EXPECT_EQ(reference->text(), one.stored);
    EXPECT_EQ(reference->familiar(), one.shown);
  }
}

TEST(ImageReference, Digests) {
  Result<Reference> reference = parse_reference("busybox@sha256:" + kHex);
  ASSERT_TRUE(reference);
  EXPECT_EQ(reference->tag, "");
  EXPECT_EQ(reference->familiar(), "busybox@sha256:" + kHex);
  EXPECT_EQ(parse_reference("busybox:1@sha256:" + kHex)->tag, "1");
  EXPECT_FALSE(parse_reference("busybox@sha256:123"));
}

TEST(ImageReference, Refused) {
  for (const std::string& bad : {std::string(),
                                 std::string("Busybox"),
                                 std::string("a:"),
                                 std::string("a/"),
                                 std::string("/a"),
                                 std::string("a//b"),
                                 std::string("-a"),
                                 std::string("a-"),
                                 std::string("a___b"),
                                 std::string("a..b"),
                                 std::string("a:-x"),
                                 std::string("a b"),
                                 std::string("../a"),
                                 std::string("a/../b"),
                                 std::string("a:b:c"),
                                 std::string("http://a/b"),
                                 kHex,
                                 std::string(300, 'a'),
                                 "a:" + std::string(129, 't'),
                                 std::string("a\n"),
                                 std::string("localhost:x/a"),
                                 std::string("a%2f")}) {
    Result<Reference> reference = parse_reference(bad);
    ASSERT_FALSE(reference) << bad;
    EXPECT_FALSE(reference.error().hint.empty()) << bad;
  }
}

TEST(LayerNames, CleanOrRefused) {
  EXPECT_EQ(*clean_name("./a//b/./c/", {}), "a/b/c");
  EXPECT_EQ(*clean_name("/etc/passwd", {}), "etc/passwd");
  EXPECT_EQ(*clean_name("./", {}), "");
  for (const std::string& bad : {std::string("../x"), std::string("a/../x"), std::string("a/.."), std::string("/.."),
                                 std::string("./../x"), std::string(256, 'n')})
    EXPECT_FALSE(clean_name(bad, {})) << bad;
  std::string deep;
  for (int i = 0; i < 600; ++i)
    deep += "d/";
  EXPECT_FALSE(clean_name(deep, {}));
  std::string long_path;
  for (int i = 0; i < 50; ++i)
    long_path += std::string(100, 'p') + "/";
  EXPECT_FALSE(clean_name(long_path, {}));
}

TEST(LayerNames, Whiteouts) {
  EXPECT_EQ(whiteout_of("a/b")->kind, Whiteout::none);
  EXPECT_EQ(whiteout_of("a/x.wh.y")->kind, Whiteout::none);
  EXPECT_EQ(whiteout_of("a/.wh.b")->kind, Whiteout::name);
  EXPECT_EQ(whiteout_of("a/.wh.b")->hides, "b");
  EXPECT_EQ(whiteout_of("a/.wh..wh..opq")->kind, Whiteout::opaque);
  EXPECT_EQ(whiteout_of(".wh..wh.plnk/1.2")->kind, Whiteout::ignored);
  EXPECT_EQ(whiteout_of(".wh..wh.aufs")->kind, Whiteout::ignored);
  for (const char* bad : {".wh.", ".wh..", ".wh...", "a/.wh.", ".wh.a/b", "x/.wh.a/.wh.b"})
    EXPECT_FALSE(whiteout_of(bad)) << bad;
}

} // namespace
} // namespace phial::image
