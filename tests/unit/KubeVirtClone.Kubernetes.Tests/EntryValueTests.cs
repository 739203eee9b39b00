using KubeVirtClone.Kubernetes.Configuration;
using KubeVirtClone.Kubernetes.Tests.Support;
using static KubeVirtClone.Kubernetes.Tests.Support.KubeConfigText;

namespace KubeVirtClone.Kubernetes.Tests;

/// <summary>How the values of a single entry are read: keys and certificates, who one is, and the server.</summary>
public sealed class EntryValueTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("RSA PKCS#1")]
    [InlineData("RSA PKCS#8")]
    [InlineData("EC SEC 1")]
    [InlineData("EC PKCS#8")]
    public void Every_key_format_is_read(string format)
    {
        using var authority = new TestAuthority();
        var (certificate, key) = authority.ClientCertificate(format);
        var path = _folder.Minimal($"client-certificate-data: {Base64(certificate + authority.Pem)}, client-key-data: {Base64(key)}");

        var credentials = KubeConfigLoader.Load(new() { Path = path }).Credentials;

        credentials.ClientCertificate.ShouldNotBeNull().HasPrivateKey.ShouldBeTrue();
        credentials.ClientCertificateChain.ShouldNotBeNull().ShouldHaveSingleItem().Subject.ShouldBe("CN=Test CA");
        credentials.ToString().ShouldBe("client certificate");
    }

    [Fact]
    public void An_EC_key_behind_its_parameters_is_read()
    {
        using var authority = new TestAuthority();
        var (certificate, key) = authority.ClientCertificate("EC SEC 1");
        var openssl = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + key;

        KubeConfigLoader.Load(new() { Path = _folder.Minimal($"client-certificate-data: {Base64(certificate)}, client-key-data: {Base64(openssl)}") })
            .Credentials.ClientCertificate.ShouldNotBeNull().HasPrivateKey.ShouldBeTrue();
    }

    [Fact]
    public void A_key_that_does_not_fit_its_certificate_is_named()
    {
        using var authority = new TestAuthority();
        var (certificate, _) = authority.ClientCertificate("EC SEC 1");
        foreach (var format in new[] { "EC PKCS#8", "RSA PKCS#1" })
        {
            var (_, key) = authority.ClientCertificate(format);

            var error = Should.Throw<KubeConfigException>(
                () => KubeConfigLoader.Load(new() { Path = _folder.Minimal($"client-certificate-data: {Base64(certificate)}, client-key-data: {Base64(key)}") }));

            error.Problem.ShouldBe(KubeConfigProblem.CredentialUnreadable);
            error.Message.ShouldContain("user 'u': client-key does not fit");
            error.ToString().ShouldNotContain(key.Split('\n')[1]);
        }
    }

    [Fact]
    public void A_certificate_is_not_looked_at_for_a_server_without_TLS()
    {
        var user = "client-certificate-data: aGVsbG8K, client-key-data: aGVsbG8K";
        KubeConfigLoader.Load(new() { Path = _folder.Minimal(user, "server: \"http://c.example\"") }).Credentials.ClientCertificate.ShouldBeNull();
        Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(new() { Path = _folder.Minimal("client-certificate: gone, client-key: gone", "server: \"http://c.example\"") }));
        Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(new() { Path = _folder.Minimal(user) }));
    }

    [Fact]
    public void Impersonation_comes_from_the_entry_or_from_the_caller()
    {
        var path = _folder.Minimal("as: boss, as-uid: u-1, as-groups: [g1, g2], as-user-extra: {scopes: [a, b]}");

        var entry = KubeConfigLoader.Load(new() { Path = path }).Credentials.Impersonation.ShouldNotBeNull();
        (entry.User, entry.Uid).ShouldBe(("boss", "u-1"));
        entry.Groups.ShouldBe(["g1", "g2"]);
        entry.Extra.ShouldNotBeNull()["scopes"].ShouldBe(["a", "b"]);

        Merged(new() { Path = path, ImpersonateUser = "me" }).ShouldBe("me u-1 g1,g2 scopes=a,b");
        Merged(new() { Path = path, ImpersonateGroups = ["h"] }).ShouldBe("boss u-1 h scopes=a,b");
        Merged(new() { Path = path, ImpersonateUid = "u-2" }).ShouldBe("boss u-2 g1,g2 scopes=a,b");
        Merged(new() { Path = _folder.Minimal("as-groups: [g1]"), ImpersonateUser = "me", ImpersonateUid = "u-2" }).ShouldBe("me u-2 g1 ");
        Merged(new() { Path = _folder.Minimal("token: t"), ImpersonateUser = "" }).ShouldBe("");

        string Merged(KubeConfigOptions options) => KubeConfigLoader.Load(options).Credentials.Impersonation is not { } merged ? "" :
            $"{merged.User} {merged.Uid} {string.Join(',', merged.Groups)} " +
            string.Join(' ', (merged.Extra ?? new Dictionary<string, IReadOnlyList<string>>()).Select(pair => $"{pair.Key}={string.Join(',', pair.Value)}"));
    }

    [Fact]
    public void Groups_or_a_uid_without_a_user_to_act_as_are_refused()
    {
        KubeConfigOptions[] all =
        [
            new() { Path = _folder.Minimal("token: t"), ImpersonateGroups = ["h"] },
            new() { Path = _folder.Minimal("token: t"), ImpersonateUid = "u" },
            new() { Path = _folder.Minimal("as-groups: [g]") },
            new() { Path = _folder.Minimal("as-uid: g") },
            new() { Path = _folder.Minimal("as-user-extra: {k: [v]}") },
        ];
        foreach (var options in all)
            Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(options)).Problem.ShouldBe(KubeConfigProblem.ImpersonationIncomplete);
    }

    [Theory]
    [InlineData("token: \"a\\nb\"", "token holds a line break")]
    [InlineData("token: !!int \"12\"", "token must be text")]
    [InlineData("token: !!bool \"yes\"", "token must be text")]
    public void A_token_that_cannot_be_sent_is_refused(string user, string words) =>
        Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(new() { Path = _folder.Minimal(user) })).Message.ShouldContain(words);

    [Theory]
    [InlineData("token: tök", "tök")]
    [InlineData("token: \" t k \"", " t k ")]
    [InlineData("token: !!binary dG9r", "tok")]
    public void Any_other_token_is_sent_as_it_stands(string user, string expected) =>
        KubeConfigLoader.Load(new() { Path = _folder.Minimal(user) }).Credentials.Token.ShouldBe(expected);

    [Theory]
    [InlineData("client-certificate-data: S3CR3T!!", "user 'u': client-certificate-data is not valid base64")]
    [InlineData("client-certificate-data: UzNDUjNU, client-key-data: UzNDUjNU", "user 'u': client-certificate holds no PEM certificate")]
    [InlineData("client-key-data: UzNDUjNU", "user 'u': client-certificate is missing")]
    [InlineData("client-certificate: /no/such/S3CR3T.crt, client-key-data: UzNDUjNU", "is not there")]
    [InlineData("token: \"S3CR\\u00053T\"", "user 'u': token holds a line break or another character")]
    [InlineData("token: [S3CR3T]", "user 'u': token must be text")]
    [InlineData("exec: {command: x, apiVersion: S3CR3T}", "interactiveMode must be specified")]
    public void A_bad_user_entry_is_named_without_its_values(string user, string words)
    {
        var error = Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(new() { Path = _folder.Minimal(user) }));

        error.Message.ShouldContain(words);
        error.ToString().Replace("/no/such/S3CR3T.crt", "", StringComparison.Ordinal).ShouldNotContain("S3CR");
        error.ToString().ShouldNotContain("UzNDUjNU");
    }

    [Theory]
    [InlineData("token: t", "")]
    [InlineData("token: t", ", insecure-skip-tls-verify: true")]
    [InlineData("token: t", ", certificate-authority-data: UzNDUjNU")]
    public void A_server_without_scheme_is_http_whatever_stands_beside_it(string user, string cluster) =>
        KubeConfigLoader.Load(new() { Path = _folder.Minimal(user, "server: \"c.example:8443\"" + cluster) }).Server.ShouldBe(new Uri("http://c.example:8443"));

    [Theory]
    [InlineData("\" https://c.example\"", "is not an http or https URL")]
    [InlineData("\"https://c.example \"", "is not an http or https URL")]
    [InlineData("\"https://u:p@c.example\"", "holds a user name")]
    public void A_server_that_is_no_plain_address_is_refused(string server, string words) =>
        Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(new() { Path = _folder.Minimal("token: t", $"server: {server}") })).Message.ShouldContain(words);

    [Fact]
    public void Whether_the_server_is_checked_and_by_which_authority_is_not_guessed()
    {
        using var authority = new TestAuthority();
        var file = _folder.Write("ca.crt", authority.Pem);
        var data = $"certificate-authority-data: {Base64(authority.Pem)}";
        foreach (var cluster in new[] { $"{data}, insecure-skip-tls-verify: true", $"certificate-authority: {file}, insecure-skip-tls-verify: on" })
            Refused(cluster).ShouldContain("insecure-skip-tls-verify stands beside a certificate-authority");
        Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(new() { Path = _folder.Minimal("token: t", "server: \"http://c\", certificate-authority: gone.crt") }))
            .Message.ShouldContain("gone.crt') is not there");
        Refused($"{data}, certificate-authority: {file}").ShouldContain("certificate-authority stands beside certificate-authority-data");

        string Refused(string cluster) => Should.Throw<KubeConfigException>(
            () => KubeConfigLoader.Load(new() { Path = _folder.Minimal("token: t", "server: \"https://c.example\", " + cluster) })).Message;
    }

    [Fact]
    public void A_proxy_is_read()
    {
        KubeConfigLoader.Load(new() { Path = _folder.Minimal("token: t", "server: \"https://c\", proxy-url: \"socks5://127.0.0.1:1080\"") }).Proxy
            .ShouldBe(new Uri("socks5://127.0.0.1:1080"));
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("yes", true)]
    [InlineData("off", false)]
    [InlineData("~", false)]
    public void Flags_are_those_of_kubectls_yaml(string text, bool expected)
    {
        KubeConfigLoader.Load(new() { Path = _folder.Minimal("token: t", $"server: \"https://c\", disable-compression: {text}") }).DisablesCompression.ShouldBe(expected);
    }

    [Theory]
    [InlineData("server: \"https://c\", insecure-skip-tls-verify: \"true\"", "insecure-skip-tls-verify must be true or false")]
    [InlineData("server: \"https://c\", tls-server-name: 12", "tls-server-name must be text")]
    [InlineData("server: \"https://c\", tls-server-name: 1e3", "tls-server-name must be text")]
    [InlineData("server: \"https://c\", tls-server-name: 0x1F", "tls-server-name must be text")]
    [InlineData("server: \"https://c\", tls-server-name: no", "tls-server-name must be text")]
    [InlineData("server: \"https://c\", tls-server-name: -0x1f", "tls-server-name must be text")]
    [InlineData("server: \"https://c\", tls-server-name: 0o17", "tls-server-name must be text")]
    [InlineData("server: \"https://c\", tls-server-name: 1_000", "tls-server-name must be text")]
    [InlineData("server: \"https://c\", tls-server-name: 089", "tls-server-name must be text")]
    [InlineData("server: \"https://c\", tls-server-name: 99999999999999999999", "tls-server-name must be text")]
    [InlineData("server: \"https://c\", tls-server-name: .5", "tls-server-name must be text")]
    [InlineData("server: \"https://c\", tls-server-name: -.inf", "tls-server-name must be text")]
    [InlineData("server: \"https://c\", tls-server-name: .NaN", "tls-server-name must be text")]
    public void A_value_of_another_type_is_refused(string cluster, string words) =>
        Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(new() { Path = _folder.Minimal("token: t", cluster) })).Message.ShouldContain(words);

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("1.2.3")]
    [InlineData("0x")]
    [InlineData("0b12")]
    [InlineData("1e")]
    [InlineData("2026-11-30")]
    [InlineData("!!str 12")]
    [InlineData("inf")]
    public void What_is_no_number_or_flag_needs_no_quotes(string text) =>
        KubeConfigLoader.Load(new() { Path = _folder.Minimal("token: t", $"server: \"https://c\", tls-server-name: {text}") }).Trust.ServerName.ShouldBe(text.Replace("!!str ", "", StringComparison.Ordinal));
}
