"""Values that break programs: numbers at and beyond every bound, and text that is not what it seems."""

from typing import Any

UUID = "00000000-0000-4000-8000-00000000dead"
NUMBERS: tuple[Any, ...] = (
    0, -1, 1, 2, 127, 128, 255, 256, 65535, 65536, 2**31 - 1, 2**31, -(2**31), 2**32, 2**53, 2**53 + 1, 2**63 - 1,
    2**63, -(2**63), 2**64 - 1, 0.1, -0.0, 1e-320, 1.5e308, 3.4e38, 3.5e38, 0.9999999999999999, 1e15)
TEXTS: tuple[str, ...] = (
    "", " ", "\t\n", "a", "A", "é", "e\u0301", "İ", "ß", "ſ", "😀", "\U0010ffff", "\ufeff", "\ufffe", "\u202e", "\u2028",
    "\x7f", "\x01", "\x00", "a\x00b", "%", "%%", "_", "\\", "\\\\", "'", "''", '"', "`", ";", "--", "a' OR '1'='1",
    "$(id)s", "%(project_id)s", "${x}", "{0}", "{{x}}", "../../etc/passwd", "/", "//", "~", "~1", "*", "?", "[", "(",
    "(?P<x>", "a{99999}", "(a+)+$", "(.+)+x", "((\\d|\\.)+)+x", "[[:alpha:]]", "\\d", "\\p{L}", "(?i)a", "in:", 'in:"a',
    "in:a,b", "gt:x", "gte:2026-01-01T00:00:00Z", "neq:1", "null", "None", "true", "True", "FALSE", "nan", "NaN", "inf",
    "-inf", "1e400", "0x10", "٣", "²", "1_000", "+1", "-1", "01", "1.0", "999999999", "9999999999", "9" * 19, "9" * 20,
    "9" * 400, "2026-01-31T10:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999+14:00",
    "0001-01-01T00:00:00+23:59", "2026-13-01", "10.0.0.1", "10.0.0.0/8", "10.0.0.1/33", "::1", "fe80::1%eth0",
    "::ffff:10.0.0.1", "::/0", "0.0.0.0", "0.0.0.0/0", "255.255.255.255", "fd00::/64", "01:00:5e:00:00:01",
    "fa:16:3e:00:00:01", "http://[::1", "javascript:alert(1)", "a" * 60, "a" * 61, "a" * 64, "a" * 65, "a" * 255,
    "a" * 256, "é" * 128, "😀" * 255, "a" * 4096, "a" * 65536, "a,b", "a/b", "a:b", "nova:h", ":", "ssh-rsa",
    "ssh-rsa AAAA", "ssh-ed25519 !!!!", UUID, UUID.replace("-", ""), UUID.upper(), "req-" + UUID, "detail", "default",
    "admin", "all", "latest")
#: Written into a body as they stand: none of them can be made by a JSON encoder.
RAW_JSON: tuple[bytes, ...] = (
    b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-1e400", b"1" + b"0" * 400, b"-" + b"9" * 5000, b"01", b".5", b"1.",
    b"+1", b'"\\ud800"', b'"\\udfff\\ud800"', b'"\\ud83d\\ude00"', b'"\\u0000"', b'"a\\u0000b"', b'"\xff"',
    b'"\xed\xa0\x80"', b'"\xc0\x80"', b'"\x00"', b'"\n"', b'"\\x41"', b"'a'", b"tru", b"undefined", b"{", b'{"a"',
    b'{"a":1,}', b"[1,]", b"[" * 100000, b"[" * 1000 + b"]" * 1000, b'{"a":' * 500 + b"1" + b"}" * 500, b"[[[[1]]]]",
    b'{"":{"":{"":""}}}', b"18446744073709551616", b"123456789012345678901234567890")
BODIES: tuple[bytes, ...] = (
    b"", b" ", b"\n", b"\x00", b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b"null", b"0", b'""', b"[]", b"{}", b"{}{}",
    b"a=b&c=d", b"<xml/>", b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n",
    b"\x1f\x8b\x08\x00", b"[" * 200000, b"{\"a\":" * 20000, b'"' + b"a" * 200000 + b'"', b"[" + b"0," * 50000 + b"0]",
    bytes(range(256)))
PATH_IDS: tuple[bytes, ...] = (
    b"", b".", b"..", b"%", b"%2e%2e", b"a/b", b"/", b"//", b"\x00", b"a\x00", b"\xff", b"\xc3\xa9", b"\xed\xa0\x80",
    b"\xf0\x9f\x98\x80", b"\xc0\xaf", b"'", b'"', b"a' OR 1=1 --", b"a b", b" ", b"\r\nX-Evil: 1", b"\n", b"\t", b"0",
    b"-1", b"1", b"2147483648", b"9223372036854775808", b"9" * 400, b"1e5", b"a" * 255, b"a" * 256, b"a" * 5000, b"%s",
    b"{id}", b"{server_id}", b"detail", b"*", b"?", b"#", b"\\", b"~", b"null", b"None", UUID.encode(),
    UUID.upper().encode(), UUID.replace("-", "").encode(), b"\xe2\x80\xae", b"a,b", b"web", b"a=b")
QUERIES: tuple[str, ...] = (
    "", "&", "&&&", "=", "==", "?", "%", "%%", "%zz", "%00", "%ff", "%ed%a0%80", "a", "a&b", "limit", "limit=",
    "limit=0", "limit=1", "limit=-1", "limit=1&limit=2", "limit=999999999999999999999", "limit=%D9%A3", "limit=1.0",
    "marker=", "marker=none", "marker=%00", "sort_key=id&sort_key=id", "sort_key=&sort_dir=",
    "sort_key=id&sort_dir=desc&sort_dir=asc", "sort=", "sort=:", "sort=,,", "sort=id:asc,id:desc", "sort=id",
    "sort_dir=asc", "page_reverse=true&limit=1", "fields=", "fields=id&fields=name", "fields=no_such", "name=a&name=b",
    "name=%27", "+", ";", "a;b", "limit=1;marker=2", "\xff=\xfe", "name=\xc3\xa9", "x" * 8000,
    "&".join(f"a{n}=1" for n in range(1000)), "fixed_ips=ip_address", "fixed_ips=x%3D1", "fixed_ips=subnet_id%3Da",
    "name__contains=%25", "name__icontains=%C4%B0", "name__no=1", "id__startswith=a", "enabled__x=1", "enabled=perhaps",
    "all_tenants=maybe", "all_tenants=1&status=DELETED", "deleted=2", "ip=10", "ip=(", "ip6=.", "ip=(.%2B)%2Bx",
    "name=(a%2B)%2B%24", "changes-since=2026-01-01", "changes-since=0001-01-01T00%3A00%3A00%2B23%3A59",
    "changes-since=9999-12-31T23%3A59%3A59-23%3A59", "tags=a,b&not-tags=c", "created_at=gt:x",
    "created_at=gte:2026-01-01T00:00:00Z", "size_min=9223372036854775808", "size_min=-1",
    "visibility=all&member_status=all", "tag=a&tag=b", "status=in:active,queued", "name=in:%22", "minRam=99999999999",
    "minDisk=-1", "is_public=none", "is_public=x", "user_id=x", "tenant_id=", "nocatalog", "effective&include_names",
    "scope.system=all&scope.project.id=x", "include_names=true&effective=0", "host=x&binary=y", "format=json")
HEADERS: tuple[tuple[str, str], ...] = (
    ("OpenStack-API-Version", "compute"), ("OpenStack-API-Version", "compute 2"),
    ("OpenStack-API-Version", "compute 2.999999999999999999999"), ("OpenStack-API-Version", "compute \xb2.1"),
    ("OpenStack-API-Version", "compute 2.01"), ("OpenStack-API-Version", "compute -2.1"),
    ("OpenStack-API-Version", "identity 2.1"), ("OpenStack-API-Version", ",,compute latest,,"),
    ("OpenStack-API-Version", "compute " + "9" * 5000 + ".1"), ("X-OpenStack-Nova-API-Version", "2.26"),
    ("X-OpenStack-Nova-API-Version", ""), ("X-OpenStack-Nova-API-Version", "\xff"), ("Content-Length", "abc"),
    ("Content-Length", "-1"), ("Content-Length", ""), ("Content-Length", "0"), ("Content-Length", "1"),
    ("Content-Length", "99999999999999999999"), ("Content-Length", "1e3"), ("Content-Length", "\xb2"),
    ("Content-Length", "100000"), ("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "gzip, chunked"),
    ("Content-Encoding", "gzip"), ("Expect", "100-continue"), ("Content-Type", ""), ("Content-Type", "text/plain"),
    ("Content-Type", "application/octet-stream"), ("Content-Type", "application/json; charset=utf-16"),
    ("Content-Type", "multipart/form-data"), ("Content-Type", "multipart/form-data; boundary=x"),
    ("Content-Type", "\xff"), ("Content-Type", "application/x-www-form-urlencoded"),
    ("Content-Type", "application/json; charset=no-such"), ("Content-Type",
                                                            "application/openstack-images-v2.0-json-patch"),
                                                            ("Content-Type", "/;;=,"), ("Accept", "text/html"),
                                                            ("Accept", "*/*;q=x"), ("Accept", "\xff"),
                                                            ("Accept-Language", "xx-XX, \xff"),
                                                            ("Accept-Encoding", "gzip;q=-1"),
                                                            ("If-Match", "revision_number=0"),
                                                            ("If-Match", "revision_number=999999999"),
                                                            ("If-Match", "revision_number=\xb2"), ("If-Match", '"x"'),
                                                            ("If-Match", "*"), ("If-None-Match", "*"),
                                                            ("If-Modified-Since", "yesterday"), ("Range", "bytes=0-"),
                                                            ("Range", "bytes=-0"), ("Range", "bytes=5-1"),
                                                            ("Range", "bytes=0-0,1-1"),
                                                            ("Range", "bytes=99999999999999999999-"),
                                                            ("Range", "bytes=\xb2-"), ("X-Auth-Token", ""),
                                                            ("X-Auth-Token", "gAAAA"), ("X-Auth-Token", "\xff" * 50),
                                                            ("X-Auth-Token", "a" * 9000), ("X-Subject-Token", "none"),
                                                            ("X-Subject-Token", "\xff"),
                                                            ("X-Openstack-Request-Id", "req-x\xff"),
                                                            ("X-Openstack-Request-Id", "req-" + UUID), ("Host", ""),
                                                            ("Host", "\xff"), ("Host", "a:b:c"),
                                                            ("Host", "evil.example/path?"), ("X-Forwarded-For", "'"),
                                                            ("X-Forwarded-Proto", "javascript"),
                                                            ("X-HTTP-Method-Override", "DELETE"),
                                                            ("Idempotency-Key", ""), ("Idempotency-Key", "a"),
                                                            ("Idempotency-Key", "\xff"),
                                                            ("Idempotency-Key", "k" * 5000), ("Cookie", "a=b; \xff"),
                                                            ("Authorization", "Basic !!!"),
                                                            ("Connection", "close, \xff"), ("Upgrade", "websocket"))
HARMLESS_METHODS = ("HEAD", "OPTIONS", "TRACE", "GET", "PROPFIND")
METHODS = ("HEAD", "OPTIONS", "TRACE", "PATCH", "PUT", "POST", "DELETE", "GET", "CONNECT", "PROPFIND", "get", "",
           "\xff", "A" * 300)
