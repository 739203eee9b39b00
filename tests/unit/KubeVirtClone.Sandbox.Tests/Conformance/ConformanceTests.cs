namespace KubeVirtClone.Sandbox.Tests.Conformance;

/// <summary>The API machinery as two clients find it: the same steps and the same assertions for unmodified kubectl and for the project's own client.</summary>
public sealed class ConformanceTests(ConformanceFixture fixture) : IClassFixture<ConformanceFixture>
{
    public static TheoryData<string> All() => [.. Steps.All.Keys];

    [Theory]
    [MemberData(nameof(All))]
    public Task Kubectl_finds(string step) => RunAsync(step, "kubectl", new KubectlDriver(fixture));

    [Theory]
    [MemberData(nameof(All))]
    public Task The_projects_client_finds(string step) => RunAsync(step, "client", new ClientDriver(fixture));

    private static async Task RunAsync(string step, string client, IDriver driver)
    {
        await using (driver)
            await Steps.All[step](driver, client + "-" + step.Replace(",", "", StringComparison.Ordinal).Replace(' ', '-'));
    }
}
