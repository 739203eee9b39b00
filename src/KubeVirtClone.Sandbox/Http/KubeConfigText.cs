using System.Globalization;
using System.Text;

namespace KubeVirtClone.Sandbox.Http;

/// <summary>Writes the kubeconfig that leads to a sandbox: one cluster, a context for each user.</summary>
internal static class KubeConfigText
{
    public const string ClientCertificateUser = "admin-cert";

    public static string For(Uri server, Certificates certificates, IReadOnlyList<SandboxUser> users, string ns)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"apiVersion: v1\nkind: Config\ncurrent-context: {users[0].Name}@sandbox\npreferences: {{}}\nclusters:\n");
        text.Append(CultureInfo.InvariantCulture, $"- name: sandbox\n  cluster:\n    server: {server.GetLeftPart(UriPartial.Authority)}\n");
        text.Append(CultureInfo.InvariantCulture, $"    certificate-authority-data: {Base64(certificates.AuthorityPem)}\ncontexts:\n");
        foreach (var name in users.Select(u => u.Name).Append(ClientCertificateUser))
            text.Append(CultureInfo.InvariantCulture, $"- name: {name}@sandbox\n  context:\n    cluster: sandbox\n    user: {name}\n    namespace: {ns}\n");
        text.Append("users:\n");
        foreach (var user in users)
            text.Append(CultureInfo.InvariantCulture, $"- name: {user.Name}\n  user:\n    token: {user.Token}\n");
        var (certificate, key) = certificates.Client(ClientCertificateUser, CallUser.Masters);
        text.Append(CultureInfo.InvariantCulture, $"- name: {ClientCertificateUser}\n  user:\n    client-certificate-data: {Base64(certificate)}\n");
        text.Append(CultureInfo.InvariantCulture, $"    client-key-data: {Base64(key)}\n");
        return text.ToString();
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
