using KubeVirtClone.Session;

namespace KubeVirtClone.PowerShell.Tests;

public sealed class ConnectionSettingsTests
{
    private static readonly ConnectionSettings Chosen = new() { KubeConfig = "/a/config", Context = "one", ImpersonateUser = "eve", ImpersonateGroups = "dev", ImpersonateUid = "7" };

    [Fact]
    public void Nothing_given_means_what_the_session_chose() => Session().Complete(new()).ShouldBe(Chosen);

    [Fact]
    public void A_context_given_is_looked_for_in_the_sessions_kubeconfig() =>
        Session().Complete(new() { Context = "two" }).ShouldBe(Chosen with { Context = "two" });

    [Fact]
    public void A_kubeconfig_given_takes_nothing_over_from_the_session()
    {
        var given = new ConnectionSettings { KubeConfig = "/b/config" };
        Session().Complete(given).ShouldBe(given);
    }

    [Fact]
    public void A_user_given_does_not_get_the_sessions_groups() =>
        Session().Complete(new() { ImpersonateUser = "bob" }).ShouldBe(Chosen with { ImpersonateUser = "bob", ImpersonateGroups = "", ImpersonateUid = null });

    [Fact]
    public void Groups_or_a_uid_given_are_the_sessions_users()
    {
        Session().Complete(new() { ImpersonateGroups = "ops" }).ShouldBe(Chosen with { ImpersonateGroups = "ops" });
        Session().Complete(new() { ImpersonateUid = "8" }).ShouldBe(Chosen with { ImpersonateUid = "8" });
    }

    [Fact]
    public void A_file_that_changes_is_another_connection()
    {
        var file = Path.GetTempFileName();
        try
        {
            var settings = new ConnectionSettings { KubeConfig = file };
            var before = settings.Fingerprint;
            settings.Fingerprint.ShouldBe(before);
            File.WriteAllText(file, "apiVersion: v1");
            settings.Fingerprint.ShouldNotBe(before);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static KubeVirtSession Session()
    {
        var session = new KubeVirtSession();
        session.Choose(Chosen, null);
        return session;
    }
}
