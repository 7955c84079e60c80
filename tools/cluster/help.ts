/** What `--help` prints. */
export const help = `Usage: npm run cluster -- <command> [flags]

image [--registry R] [--push] [--tag T] [names...]
           build the services' images and those of the tools that run in the cluster, tagged with the git revision
           (and -dirty-<hash> when the checkout differs from it); --push needs --registry
up         cluster, images, metrics-server, Prometheus and the on-sale; waits until all of it is ready
demo --kind | --registry R
           up, then a surge from inside the cluster, watched until every service is back at its minimum; checks the
           invariants, writes recording.ndjson, its report (report.html, .json, .csv), summary.json and timeline.csv, and exits
           0 exactly when every limit of the report held
scale      good answers per second of counted work at 1, 2, 4 and 6 replicas of 100m
nodes      drains a worker, deletes pods, rolls every service and stops each worker of a kind cluster with two
           (k8s/kind-ha.yaml, profile kind-ha), under load from inside; checks what failed, and the invariants
release --service S --tag T
           upgrade one service of the installed on-sale, and nothing else
doctor     explain what keeps the cluster from scaling

where
  --kind             the kind cluster of k8s/kind.yaml, made if need be; up and scale use it unless --registry is given
  --registry R       the cluster of the kubeconfig's current context, pulling from this registry
                     (release and doctor: the current context unless --kind is given)
  --namespace N      (default headroom)
  --profile P        charts/headroom/values-P.yaml: kind or kind-ha (default kind)
  --tag T            images that exist, in place of building

demo
  --rate N           requests per second while calm (default 4)
  --factor N         how many times that in the surge (default 20)
  --calm S --surge S --after S
                     seconds of each stage (default 30, 150, 240; the last ends early once all is back at its minimum)
  --out DIR          (default out/kind-demo)
nodes
  --rate N           requests per second (default 4)
  --quick            what make kind-test does: deletes no pods one by one, and waits for less
scale
  --seconds S        measured at each number of replicas (default 20)

Exit codes: 0 done, and every promise held; 1 not, with the reason; 2 a flag is wrong.
`
