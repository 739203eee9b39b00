using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay.Data;

/// <summary>
/// What the recordings' cluster had besides Kubernetes', KubeVirt's and CDI's own: the role <c>dv-edit</c> (create, get, list
/// datavolumes), and its name for the class of snapshots.
/// </summary>
internal static class DataCluster
{
    public static void Install(ReplaySandbox sandbox)
    {
        sandbox.Delete("VolumeSnapshotClass", "csi-snapshots");
        Make(sandbox, """
            apiVersion: snapshot.storage.k8s.io/v1
            kind: VolumeSnapshotClass
            metadata:
              name: fast-snap
            driver: csi.fake.example.com
            deletionPolicy: Delete
            """);
        Make(sandbox, """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata:
              name: dv-edit
            rules:
            - apiGroups: [cdi.kubevirt.io]
              resources: [datavolumes]
              verbs: [create, get, list]
            """);
    }

    private static void Make(ReplaySandbox sandbox, string yaml)
    {
        var o = (JsonObject)YamlText.Parse(yaml)!;
        sandbox.Post(sandbox.Find(o), null, o);
    }
}
