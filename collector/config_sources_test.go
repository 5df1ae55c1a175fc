package collector

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestConfigOfLogsAndMicroVMs(t *testing.T) {
	c, err := loadConfig(t, `
collect:
  source: microvms
  log_groups: [/aws/lambda-microvms/*, /acme/sandboxes]
  microvms:
    poll: 5m
    max_gap: 15m
    images_every: 0
    sizes:
      - {image: "team/*", memory: 512MiB, state: 0.63GB}
      - {image_size: 1.5GB}
`)
	require.NoError(t, err)
	require.Equal(t, []string{"/aws/lambda-microvms/*", "/acme/sandboxes"}, c.LogGroups)
	require.Equal(t, MicroVMs{
		Poll: 5 * time.Minute, MaxGap: 15 * time.Minute, ImagesEvery: -1,
		Sizes: []Sizing{{Image: "team/*", MemoryMiB: 512, StateBytes: 676_457_349}, {ImageBytes: 1_610_612_736}},
	}, c.MicroVMs)
}

func TestFaultsOfMicroVMs(t *testing.T) {
	_, err := loadConfig(t, `
collect:
  microvms:
    poll: 2h
    max_gap: 1m
    images_every: 1000d
    sizes:
      - {image: x}
      - {memory: 3GB}
      - {state: 2000GB}
`)
	require.EqualError(t, err, `microspend.yaml:4:11: collect.microvms.poll: 2h is not from 1s to 1h
microspend.yaml:5:14: collect.microvms.max_gap: 1m is shorter than the time between polls, 2h
microspend.yaml:6:19: collect.microvms.images_every: 24000h is not from 0s to 24h
microspend.yaml:8:9: collect.microvms.sizes[0]: gives none of memory, image_size and state
microspend.yaml:9:18: collect.microvms.sizes[1].memory: 3GB is not a MicroVM size; sizes are 0.5GB, 1GB, 2GB, 4GB and 8GB
microspend.yaml:10:17: collect.microvms.sizes[2].state: is above 1,024 GB, the most that is accepted`)
}
